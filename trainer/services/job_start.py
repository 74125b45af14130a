"""New jobs: of an experiment as it is now, or of one that ran before."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from trainer.models import Experiment, Job, JobCommand
from trainer.selectors.commands import commands_applied
from trainer.selectors.jobs import job_active
from trainer.services.announce import job_announce, job_event_add
from trainer.services.jobs import JobConflict, JobRefused
from trainer.services.plan import plan_of
from trainer.services.queue import job_wake

# What steers a curve; pauses, checkpoints and evaluations leave it as it is.
STEERING = ("set_weight", "set_enabled", "set_lr", "add_task", "remove_task", "restore_task")


def job_start(
    *,
    experiment: Experiment,
    steps: int,
    lr: float = 1e-3,
    probe_lr: float | None = None,
    batch_size: int = 64,
    schedule: str = Job.Schedule.JOINT,
    seed: int = 0,
    by: str = "",
) -> Job:
    """Create a job and wake a worker once the row is committed.

    Raises:
        JobConflict: another job of the experiment is active.
        JobRefused: no task is enabled.
        ClassMissing: a class that is needed is no longer on offer.
        ValidationError: a number is out of its range or the schedule is unknown.
    """
    job = Job(
        experiment=experiment,
        total_steps=steps,
        lr=lr,
        probe_lr=lr if probe_lr is None else probe_lr,
        batch_size=batch_size,
        schedule=schedule,
        seed=seed,
        plan={},
        created_by=by,
    )
    job.clean_fields(exclude=["plan", "task_names"])
    with job_place(experiment):
        # As it is now: another one may have been loaded since the caller asked.
        experiment.refresh_from_db(fields=["current_checkpoint"])
        job.start_checkpoint = experiment.current_checkpoint
        job.plan = plan_of(experiment)
        job.task_names = [task["name"] for task in job.plan["tasks"] if task["enabled"]]
        if not job.task_names:
            raise JobRefused(
                f"no task is enabled in experiment '{experiment.slug}'; add or enable one first"
            )
        job_queue(job)
    return job


def job_repeat(*, job: Job, by: str = "") -> Job:
    """Run a job again: from the same start, with the same seed and the same interventions.

    Each intervention that took effect is asked of the new job for the step at which it did, by
    whom and why it was asked then. On a CPU, with as many threads, the curve is the same, number
    for number. Attached tasks and their weights stay as they are now.

    Raises:
        JobConflict: the job is still in progress, or another one of its experiment is.
    """
    if job.is_active:
        raise JobConflict(f"job {job.pk} is {job.state}; only a job at its end can be repeated")
    if job.start_deleted:
        raise JobConflict(
            f"the state that job {job.pk} began with is deleted, so it cannot be repeated"
        )
    again = Job(
        experiment=job.experiment,
        total_steps=job.total_steps,
        lr=job.lr,
        probe_lr=job.probe_lr,
        batch_size=job.batch_size,
        schedule=job.schedule,
        seed=job.seed,
        plan=job.plan,
        task_names=[task["name"] for task in job.plan["tasks"] if task["enabled"]],
        created_by=by,
        start_checkpoint=job.start_checkpoint,
        repeats=job,
    )
    with job_place(job.experiment):
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
                f"job {active.pk} of experiment '{experiment.slug}' is {active.state}; "
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
