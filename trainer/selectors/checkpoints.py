"""Checkpoints as the API, the live channel and the pages show them."""

from typing import Any

from trainer.models import Call, Checkpoint, EvalResult, EvalRun, Experiment, Job
from trainer.selectors.task_courses import tasks_in_training


def checkpoint_as_dict(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a node of the tree in the API's shape."""
    return {
        "id": checkpoint.pk,
        "tag": checkpoint.tag,
        "kind": checkpoint.kind,
        "parent_id": checkpoint.parent_id,
        "step": checkpoint.step,
        "job_id": checkpoint.job_id,
        "created_at": checkpoint.created_at.isoformat(),
        "metrics": checkpoint.metrics,
        "health": checkpoint.health,
        "size_bytes": checkpoint.size_bytes,
    }


def checkpoints_of(experiment: Experiment) -> list[Checkpoint]:
    """Return an experiment's checkpoints, the newest first."""
    return list(experiment.checkpoints.all())


def checkpoints_named(experiment: Experiment, *, limit: int) -> list[Checkpoint]:
    """Return an experiment's checkpoints with a tag, the newest first."""
    return list(experiment.checkpoints.exclude(tag="").order_by("-pk")[:limit])


def checkpoint_get(checkpoint_id: int) -> Checkpoint | None:
    """Return the checkpoint of a number, of whichever experiment."""
    return Checkpoint.objects.select_related("experiment").filter(pk=checkpoint_id).first()


def checkpoint_current(experiment: Experiment) -> Checkpoint | None:
    """Return the state from which a job of the experiment would start now.

    In one statement: the one that `experiment` names may be replaced and deleted at any moment.
    """
    current = Experiment.objects.filter(pk=experiment.pk).values("current_checkpoint")
    return Checkpoint.objects.filter(pk__in=current).first()


def job_starts(experiment: Experiment) -> dict[int, int | None]:
    """Return the state that each job of an experiment began with, if it is still there."""
    return dict(experiment.jobs.values_list("pk", "start_checkpoint"))


def job_health(job: Job, *, at_step: int) -> dict[str, str]:
    """Return how the losses are, as far as they are stored, of each task in training at a step."""
    rows = job.loss_series.filter(is_total=False)
    rows = rows.filter(task_name__in=tasks_in_training(job, at_step=at_step))
    return dict(rows.values_list("task_name", "health"))


def evals_newest(experiment: Experiment) -> dict[int, EvalRun]:
    """Return the newest evaluation of each checkpoint that was evaluated, with its results.

    A branch begins with the bytes of its origin, so that what was measured there holds for it.
    """
    runs = experiment.eval_runs.exclude(checkpoint=None).order_by("pk")
    runs = runs.select_related("checkpoint").prefetch_related("results")
    measured = {run.checkpoint.sha256: run for run in runs if run.checkpoint}
    rows = experiment.checkpoints.values_list("pk", "sha256")
    return {pk: measured[sha256] for pk, sha256 in rows if sha256 in measured}


def eval_newest(checkpoint: Checkpoint) -> EvalRun | None:
    """Return the newest evaluation of one state, as `evals_newest` has it, with its results."""
    runs = EvalRun.objects.filter(experiment=checkpoint.experiment_id)
    same = runs.filter(checkpoint__sha256=checkpoint.sha256).order_by("-pk")
    return same.prefetch_related("results").first()


def metric_names(experiment: Experiment) -> list[str]:
    """Return the metrics by which states can be compared, "task/metric": of known direction."""
    rows = EvalResult.objects.filter(run__experiment=experiment, good__isnull=False)
    pairs = rows.exclude(poor=None).values_list("task_name", "metric").distinct()
    return sorted({f"{task_name}/{metric}" for task_name, metric in pairs})


def checkpoints_best(experiment: Experiment) -> list[int]:
    """Return the evaluated states without a tag, the best by the policy's metric first."""
    wanted = experiment.keep_metric.rpartition("/")
    ranked: list[tuple[float, int]] = []
    for checkpoint_id, run in evals_newest(experiment).items():
        for row in run.results.all():
            is_wanted = (row.task_name, row.metric) == (wanted[0], wanted[2])
            if not is_wanted or row.value is None or row.good is None or row.poor is None:
                continue
            ranked.append((row.value if row.good > row.poor else -row.value, checkpoint_id))
    tagged = set(experiment.checkpoints.exclude(tag="").values_list("pk", flat=True))
    return [pk for _, pk in sorted(ranked, reverse=True) if pk not in tagged]


def checkpoint_consequences(checkpoint: Checkpoint) -> list[str]:
    """Return in words what happens when a state is deleted."""
    words = []
    children = list(checkpoint.children.values_list("pk", flat=True).order_by("pk"))
    if children:
        to = f"checkpoint {checkpoint.parent_id}" if checkpoint.parent_id else "no other state"
        noun = "Checkpoint" if len(children) == 1 else "Checkpoints"
        verb = "hangs" if len(children) == 1 else "hang"
        words.append(f"{noun} {_listed(children)} then {verb} on {to}.")
    jobs = list(Job.objects.filter(start_checkpoint=checkpoint).values_list("pk", flat=True))
    if jobs:
        words.append(f"Job {_listed(jobs)} began here and can no longer be repeated.")
    evaluations = EvalRun.objects.filter(checkpoint=checkpoint).count()
    if evaluations:
        subject = "evaluation keeps its" if evaluations == 1 else "evaluations keep their"
        words.append(f"{evaluations} {subject} numbers without this state.")
    shared = Checkpoint.objects.filter(file_name=checkpoint.file_name).exclude(pk=checkpoint.pk)
    others = list(shared.values_list("pk", flat=True).order_by("pk"))
    if others:
        return [*words, f"Its files stay for checkpoint {_listed(others)}; this cannot be undone."]
    return [*words, "Its files are removed; this cannot be undone."]


def _listed(numbers: list[int]) -> str:
    shown = [str(number) for number in numbers[:8]]
    more = len(numbers) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def comparison_of(one: Checkpoint, other: Checkpoint) -> Call | None:
    """Return the newest request to compare a state with another; distances are relative to it."""
    for call in Call.objects.filter(
        kind=Call.Kind.COMPARE, payload__experiment=one.experiment.slug
    ):
        if (call.payload["one"], call.payload["other"]) == (one.pk, other.pk):
            return call
    return None


def comparison_pictures() -> set[str]:
    """Return the files that some comparison names."""
    answers = Call.objects.filter(kind=Call.Kind.COMPARE, state=Call.State.DONE)
    return {
        name
        for call in answers
        for dataset in (call.answer or {"datasets": []})["datasets"]
        for image in dataset["images"]
        for name in image["files"]
    }
