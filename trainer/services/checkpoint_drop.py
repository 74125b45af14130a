"""The end of checkpoints: what grew from one grows from what it grew from; and which ones stay."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from trainer.models import Checkpoint, Experiment, Job, JobEvent, RecipeRun
from trainer.selectors.calls import UNDER_WAY, calls_about
from trainer.selectors.checkpoints import checkpoint_as_dict, checkpoints_best
from trainer.services.announce import announce
from trainer.services.calls import SHOWN
from trainer.services.checkpoint_files import files_remove

# Who looked at a running job finds the state of the last few looks again, and a disk holds them.
LOOKED_AT_KEPT = 5


def checkpoint_announce(checkpoint: Checkpoint, change: str = "") -> None:
    """Tell open pages of a checkpoint: that it is new, or what happened to it."""
    announce(
        checkpoint.experiment.group,
        {
            "type": "checkpoint",
            "experiment": checkpoint.experiment.slug,
            "checkpoint": checkpoint_as_dict(checkpoint),
            "change": change,
        },
    )


def checkpoint_still(checkpoint: Checkpoint | None) -> Checkpoint | None:
    """Return a checkpoint if it is still there: one that was looked at may have gone meanwhile.

    Must run inside a transaction that holds the experiment's row.
    """
    return Checkpoint.objects.filter(pk=checkpoint.pk).first() if checkpoint else None


def checkpoints_drop(checkpoints: Iterable[Checkpoint]) -> None:
    """Delete checkpoints, the files last; must run inside a transaction."""
    for given in checkpoints:
        # Its parent may have gone a moment ago.
        checkpoint = Checkpoint.objects.select_related("experiment").get(pk=given.pk)
        checkpoint_announce(checkpoint, "deleted")
        checkpoint.children.update(parent=checkpoint.parent)
        Job.objects.filter(start_checkpoint=checkpoint).update(start_deleted=True)
        transaction.on_commit(lambda name=checkpoint.file_name: files_remove(name))  # type: ignore[misc]
        checkpoint.delete()


def checkpoints_prune(experiment_id: int) -> int:
    """Drop the checkpoints that an experiment does not keep; return how many.

    Those that were written to be evaluated go when they are neither among the best, by the
    experiment's policy, nor where a job began, nor among the newest that somebody asked for;
    others as the policy says. What has a tag stays, and so does what is current, in use by a job,
    or being looked at. Must run inside a transaction.
    """
    experiment = Experiment.objects.get(pk=experiment_id)
    untagged = experiment.checkpoints.filter(tag="").order_by("-pk")
    lasting = untagged.exclude(kind=Checkpoint.Kind.EVAL)
    kept = {experiment.current_checkpoint_id, *_in_use(experiment), *_looked_at(experiment)}
    if experiment.keep_best is not None:
        kept |= set(checkpoints_best(experiment)[: experiment.keep_best])
    passing = untagged.filter(kind=Checkpoint.Kind.EVAL)
    starts = Job.objects.exclude(start_checkpoint=None).values("start_checkpoint")
    dropped = list(passing.exclude(pk__in=_known(kept)).exclude(pk__in=starts))
    if experiment.keep_last is not None or experiment.keep_best is not None:
        kept |= set(lasting.values_list("pk", flat=True)[: experiment.keep_last or 1])
        dropped += lasting.exclude(pk__in=_known(kept))
    checkpoints_drop(dropped)
    return len(dropped)


def _known(numbers: set[int | None]) -> list[int]:
    return [number for number in numbers if number is not None]


def _looked_at(experiment: Experiment) -> list[int]:
    """Return the newest states that a job wrote because somebody wanted to look at it just then.

    Their numbers are in the answers; and a look takes longer than the job's next checkpoint.
    """
    asked = JobEvent.objects.filter(
        job__experiment=experiment,
        kind="save_checkpoint",
        command__payload__kind=Checkpoint.Kind.EVAL,
    )
    newest = asked.order_by("-pk").values_list("detail__checkpoint", flat=True)
    return list(newest[:LOOKED_AT_KEPT])


def checkpoints_of_recipes(experiment: Experiment) -> set[int | None]:
    """Return the states at which phases in progress began, and would begin anew after a crash."""
    starts = RecipeRun.objects.filter(
        state__in=RecipeRun.ACTIVE, phase_start__experiment=experiment.pk
    ).values_list("phase_start", flat=True)
    return {start["checkpoint"] for start in starts}


def _in_use(experiment: Experiment) -> set[int | None]:
    """Return the checkpoints that a job holds, or that the trainer side was asked about."""
    jobs = experiment.jobs.filter(Q(state__in=Job.ACTIVE))
    used: set[int | None] = {
        pk for pair in jobs.values_list("checkpoint", "start_checkpoint") for pk in pair
    }
    used |= checkpoints_of_recipes(experiment)
    for kind in SHOWN:
        for payload in calls_about(kind, UNDER_WAY).values_list("payload", flat=True):
            used |= {payload.get(name) for name in ("checkpoint", "one", "other", "taken")}
    return used
