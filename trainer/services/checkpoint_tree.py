"""What people do with the states of a model: go back, branch off, name, delete, keep some."""

from django.core.exceptions import ValidationError
from django.db import transaction

from trainer.models import Checkpoint, Experiment, Job
from trainer.selectors.checkpoints import metric_names
from trainer.selectors.jobs import job_active
from trainer.services.checkpoint_drop import (
    checkpoint_announce,
    checkpoints_drop,
    checkpoints_of_recipes,
    checkpoints_prune,
)
from trainer.services.checkpoint_files import checkpoint_problem
from trainer.services.checkpoints import CheckpointRefused, checkpoint_take
from trainer.services.job_start import job_place
from trainer.services.sentences import fields_check, sentence_of

MOST_KEPT = 10_000


def checkpoint_save(*, experiment: Experiment, tag: str = "", by: str = "") -> Checkpoint:
    """Keep an experiment's present state under a name.

    A held job writes it between two steps. At rest the state is on the disk already, so that its
    checkpoint only gets the tag; where it has another one, that stays, and a branch begins there.

    Raises:
        CheckpointRefused: the tag is too long, or nothing was trained yet; or, for a second tag, as
            `checkpoint_fork`.
        JobConflict: as `checkpoint_take`.
    """
    _check(Checkpoint(tag=tag), "tag")
    job = job_active(experiment)
    if job is not None:
        return checkpoint_take(job=job, tag=tag, by=by)
    with transaction.atomic():
        experiment = Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
        checkpoint = experiment.current_checkpoint
        if checkpoint is None:
            raise CheckpointRefused(
                f"experiment '{experiment.name}' has no trained state to save; train it first"
            )
        if tag and not checkpoint.tag:
            _name(checkpoint, tag)
            checkpoint.save(update_fields=["tag", "kind"])
            checkpoint_announce(checkpoint, "renamed")
    if tag in {"", checkpoint.tag}:
        return checkpoint
    return checkpoint_fork(checkpoint=checkpoint, new_tag=tag)


def checkpoint_load(*, checkpoint: Checkpoint) -> Checkpoint:
    """Make a state the one that its experiment's next job goes on from.

    Raises:
        JobConflict: a job of the experiment is in progress.
        CheckpointRefused: its files are missing, cut short or altered; nothing is changed.
    """
    with job_place(checkpoint.experiment):
        checkpoint = _verified(checkpoint)
        _make_current(checkpoint)
        checkpoint_announce(checkpoint, "loaded")
    return checkpoint


def checkpoint_unload(*, experiment: Experiment) -> None:
    """Have an experiment's next job begin with the untrained model; every state stays.

    Raises:
        JobConflict: a job of the experiment is in progress.
    """
    with job_place(experiment):
        Experiment.objects.filter(pk=experiment.pk).update(current_checkpoint=None)
        experiment.current_checkpoint = None


def checkpoint_fork(*, checkpoint: Checkpoint, new_tag: str) -> Checkpoint:
    """Begin a named branch at a state; the experiment's next job goes on from there.

    Raises:
        JobConflict, CheckpointRefused: as `checkpoint_load`; or the tag is taken or none.
    """
    if not new_tag.strip():
        raise CheckpointRefused("a branch needs a name")
    with job_place(checkpoint.experiment):
        origin = _verified(checkpoint)
        _check_tag(origin.experiment, new_tag)
        branch = Checkpoint(
            experiment=origin.experiment,
            job=origin.job,
            parent=origin,
            tag=new_tag,
            kind=Checkpoint.Kind.MANUAL,
            step=origin.step,
            job_step=origin.job_step,
            file_name=origin.file_name,
            sha256=origin.sha256,
            size_bytes=origin.size_bytes,
            last_event=origin.last_event,
            metrics=origin.metrics,
            health=origin.health,
        )
        _check(branch, "tag")
        branch.save()
        _make_current(branch)
        checkpoint_announce(branch, "forked")
    return branch


@transaction.atomic
def checkpoint_rename(*, checkpoint: Checkpoint, tag: str) -> Checkpoint:
    """Give a state another tag, or none.

    Raises:
        CheckpointRefused: another state of the experiment has the tag, or it is too long.
    """
    checkpoint = _locked(checkpoint)
    if tag:
        _check_tag(checkpoint.experiment, tag, but=checkpoint)
    _name(checkpoint, tag)
    _check(checkpoint, "tag")
    checkpoint.save(update_fields=["tag", "kind"])
    checkpoint_announce(checkpoint, "renamed")
    return checkpoint


@transaction.atomic
def checkpoint_delete(*, checkpoint: Checkpoint) -> None:
    """Delete a state; those that grew from it then grow from what it grew from.

    Raises:
        CheckpointRefused: the next job would go on from it, or a job or a recipe in progress
            needs it.
    """
    Experiment.objects.select_for_update(no_key=True).get(pk=checkpoint.experiment_id)
    checkpoint = _locked(checkpoint)
    if checkpoint.experiment.current_checkpoint_id == checkpoint.pk:
        raise CheckpointRefused(
            f"checkpoint {checkpoint.pk} is the current one; load another one before you delete it"
        )
    needing = Job.objects.filter(state__in=Job.ACTIVE)
    for job in needing.filter(start_checkpoint=checkpoint) | needing.filter(checkpoint=checkpoint):
        raise CheckpointRefused(
            f"job {job.pk} is {job.state} and needs checkpoint {checkpoint.pk}; stop it first"
        )
    if checkpoint.pk in checkpoints_of_recipes(checkpoint.experiment):
        raise CheckpointRefused(
            f"a recipe in progress may have to go back to checkpoint {checkpoint.pk}, where its "
            "phase began; stop it first"
        )
    checkpoints_drop([checkpoint])


@transaction.atomic
def checkpoints_keep(
    *, experiment: Experiment, last: int | None, best: int | None, metric: str = ""
) -> int:
    """Set which states without a tag are kept, and drop the others; return how many went.

    Args:
        last: how many of the newest; None, without `best`, for all.
        best: how many of the best by `metric`, "task/metric".

    Raises:
        CheckpointRefused: a number is out of range, or nobody said which way the metric is better.
    """
    for name, number in (("last", last), ("best", best)):
        if number is not None and not 1 <= number <= MOST_KEPT:
            raise CheckpointRefused(
                f"{name}: must be a whole number from 1 to {MOST_KEPT:,}, or empty"
            )
    known = metric_names(experiment)
    if best is not None and metric not in known:
        raise CheckpointRefused(
            f"metric: the best are chosen by one of {', '.join(known) or 'none measured yet'}"
        )
    Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
    experiment.keep_last, experiment.keep_best = last, best
    experiment.keep_metric = metric if best is not None else ""
    experiment.save(update_fields=["keep_last", "keep_best", "keep_metric"])
    return checkpoints_prune(experiment.pk)


def _name(checkpoint: Checkpoint, tag: str) -> None:
    """Give a state its tag; one that would go by itself then stays."""
    checkpoint.tag = tag
    if tag and checkpoint.kind in Checkpoint.PASSING:
        checkpoint.kind = Checkpoint.Kind.MANUAL


def _locked(checkpoint: Checkpoint) -> Checkpoint:
    rows = Checkpoint.objects.select_for_update(of=("self",)).select_related("experiment")
    found = rows.filter(pk=checkpoint.pk).first()
    if found is None:
        raise CheckpointRefused(f"checkpoint {checkpoint.pk} is deleted")
    return found


def _verified(checkpoint: Checkpoint) -> Checkpoint:
    found = _locked(checkpoint)
    problem = checkpoint_problem(found)
    if problem:
        raise CheckpointRefused(f"{problem}; load another one")
    return found


def _make_current(checkpoint: Checkpoint) -> None:
    experiments = Experiment.objects.filter(pk=checkpoint.experiment_id)
    experiments.update(current_checkpoint=checkpoint)


def _check_tag(experiment: Experiment, tag: str, but: Checkpoint | None = None) -> None:
    others = experiment.checkpoints.filter(tag=tag)
    taken = others.exclude(pk=but.pk).first() if but else others.first()
    if taken is not None:
        raise CheckpointRefused(
            f"checkpoint {taken.pk} is tagged '{tag}' already; choose another tag"
        )


def _check(checkpoint: Checkpoint, *names: str) -> None:
    try:
        fields_check(
            checkpoint, exclude=[f.name for f in Checkpoint._meta.fields if f.name not in names]
        )
    except ValidationError as error:
        raise CheckpointRefused(sentence_of(error)) from error
