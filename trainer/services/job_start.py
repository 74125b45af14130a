"""New jobs: of an experiment as it is now, or of one that ran before."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Required, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from trainer.models import Experiment, Job, JobCommand
from trainer.selectors.commands import commands_applied
from trainer.selectors.jobs import job_active
from trainer.services.announce import job_announce, job_event_add
from trainer.services.jobs import JobConflict, JobRefused
from trainer.services.plan import plan_of
from trainer.services.queue import job_wake
from trainer.services.sentences import fields_check

# What a job that follows another one takes over from it.
SETTINGS = ("total_steps", "lr", "probe_lr", "batch_size", "schedule", "seed", "eval_every")
# What steers a curve; pauses, checkpoints and evaluations leave it as it is.
STEERING = ("set_weight", "set_enabled", "set_lr", "add_task", "remove_task", "restore_task")


class JobSettings(TypedDict, total=False):
    """How to train; `probe_lr` is `lr` where it is None, `eval_every` 0 or None for never."""

    steps: Required[int]
    lr: float
    probe_lr: float | None
    batch_size: int
    schedule: str
    seed: int
    eval_every: int | None


def job_start(*, experiment: Experiment, by: str = "", **settings: Unpack[JobSettings]) -> Job:
    """Create a job and wake a worker once the row is committed.

    Raises:
        JobConflict: another job of the experiment is active.
        JobRefused: no task is enabled, or tasks are drawn by weight and none has one.
        ClassMissing: a class that is needed is no longer on offer.
        ValidationError: a number is out of its range or the schedule is unknown.
    """
    lr, probe_lr = settings.get("lr", 1e-3), settings.get("probe_lr")
    # Who sends no probe_lr is not told of one.
    unsent = ["probe_lr"] if probe_lr is None else []
    job = Job(
        experiment=experiment,
        total_steps=settings["steps"],
        lr=lr,
        probe_lr=lr if probe_lr is None else probe_lr,
        batch_size=settings.get("batch_size", 64),
        schedule=settings.get("schedule", Job.Schedule.JOINT),
        seed=settings.get("seed", 0),
        eval_every=settings.get("eval_every") or 0,
        plan={},
        created_by=by,
    )
    fields_check(job, exclude=["plan", "task_names", *unsent])
    with job_place(experiment):
        # As it is now: a state may have been loaded, a model made, since the caller asked.
        experiment.refresh_from_db()
        job.start_checkpoint = experiment.current_checkpoint
        _plan_freeze(job)
        job_queue(job)
    return job


def job_continue(*, job: Job, by: str = "") -> Job:
    """Start a job of the same settings from where another one ended.

    It does the steps that are left where that one failed or was stopped, else as many anew. It
    trains the tasks that are attached now, with their weights of now.

    Raises:
        JobConflict: the job, or another one of its experiment, is still in progress.
        JobRefused: it left no checkpoint, or no task is enabled.
        ClassMissing: a class that is needed is no longer on offer.
    """
    following = _job_like(job, by=by)
    with job_place(job.experiment):
        # As it is now: somebody may have deleted it since the caller asked.
        job.refresh_from_db(fields=["checkpoint"])
        if job.checkpoint is None:
            raise JobRefused(
                f"job {job.pk} left no checkpoint to continue from; run it again instead"
            )
        following.start_checkpoint = job.checkpoint
        if job.state != Job.State.COMPLETED:
            following.total_steps -= min(job.checkpoint.job_step, job.total_steps - 1)
        _plan_freeze(following)
        job_queue(following)
    return following


def job_repeat(*, job: Job, by: str = "") -> Job:
    """Run a job again: from the same start, with the same seed and the same interventions.

    Each intervention that took effect is asked of the new job for the step at which it did, by
    whom and why it was asked then. On a CPU, with as many threads, the curve is the same, number
    for number. Attached tasks and their weights stay as they are now.

    Raises:
        JobConflict: the job is still in progress, another one of its experiment is, or the state
            that it began with is deleted.
    """
    if job.is_active:
        raise JobConflict(f"job {job.pk} is {job.state}; only a job at its end can be repeated")
    again = _job_like(job, by=by)
    again.repeats, again.plan, again.task_names = job, job.plan, _enabled(job.plan)
    with job_place(job.experiment):
        job.refresh_from_db(fields=["start_checkpoint", "start_deleted"])
        if job.start_deleted:
            raise JobConflict(
                f"the state that job {job.pk} began with is deleted, so it cannot be repeated"
            )
        again.start_checkpoint = job.start_checkpoint
        job_queue(again)
        JobCommand.objects.bulk_create(
            JobCommand(
                job=again,
                kind=command.kind,
                payload=command.payload,
                by=command.by,
                why=command.why,
                due_step=command.applied_step,
            )
            for command in commands_applied(job).filter(kind__in=(*STEERING, "stop"))
        )
    return again


@contextmanager
def job_place(experiment: Experiment) -> Iterator[None]:
    """Hold the one place that an experiment has for a job in progress: a transaction.

    No job is started meanwhile, and no task attached or removed.

    Raises:
        JobConflict: a job is there.
    """
    with transaction.atomic():
        Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
        active = job_active(experiment)
        if active is not None:
            raise JobConflict(
                f"job {active.pk} of experiment '{experiment.name}' is {active.state}; "
                "stop it or wait for its end first"
            )
        yield


def job_queue(job: Job) -> None:
    """Save a new job and wake a worker once the row is committed."""
    job.enqueued_at = timezone.now()
    job.save()
    detail = {"repeats": job.repeats_id} if job.repeats_id else {}
    job_event_add(job=job, step=0, kind="queued", detail=detail, by=job.created_by)
    job_announce(job)
    transaction.on_commit(lambda: job_wake(job.pk))


def _job_like(job: Job, *, by: str) -> Job:
    """Return a new job with another one's length and settings, not saved."""
    same = {name: getattr(job, name) for name in SETTINGS}
    return Job(experiment=job.experiment, created_by=by, **same)


def _plan_freeze(job: Job) -> None:
    """Give a new job the experiment's model and tasks as they are now; raises as `job_start`."""
    job.plan = plan_of(job.experiment)
    job.task_names = _enabled(job.plan)
    if not job.task_names:
        raise JobRefused(
            f"no task is enabled in experiment '{job.experiment.name}'; add or enable one first"
        )
    if job.schedule == Job.Schedule.WEIGHTED and not any(
        task["weight"] for task in job.plan["tasks"] if task["enabled"]
    ):
        raise JobRefused(
            "tasks are to be drawn by weight, and every enabled one has weight 0; give one more"
        )


def _enabled(plan: dict[str, Any]) -> list[str]:
    return [task["name"] for task in plan["tasks"] if task["enabled"]]
