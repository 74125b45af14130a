"""Reconstructions: asked for here, made by the trainer side, kept here as files for the pages."""

from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from trainer.models import Call, Checkpoint, Dataset, Experiment, Reconstructions
from trainer.selectors.calls import call_under_way
from trainer.services.calls import call_ask, call_send
from trainer.services.checkpoint_drop import checkpoint_still
from trainer.services.picture_files import files_sweep

IMAGES_SHOWN = 8
# A page that was opened before the newest set still fetches the files of the one before.
SETS_KEPT = 2


@dataclass(frozen=True)
class ImageFact:
    """One image: how well it came back in dB, if that is a number, and three files' names."""

    psnr: float | None
    original: str
    reconstruction: str
    difference: str


def reconstructions_ask(
    *,
    experiment: Experiment,
    dataset: Dataset | None = None,
    n: int = IMAGES_SHOWN,
    fixed: bool = False,
    by: str = "",
) -> dict[str, Any]:
    """Reconstruct images with an experiment's model as it is now and wait for them.

    Args:
        dataset: whose images; None for those of each attached dataset.
        n: how many of each.
        fixed: the same images each time.

    Raises:
        CallRefused: the model has no decoder or takes other images, or it took too long.
        TrainerOffline: no trainer side is running, or it did not answer in time.
    """
    answer: dict[str, Any] = call_ask(
        kind=Call.Kind.RECONSTRUCT,
        payload={
            "experiment": experiment.slug,
            "dataset": dataset.name if dataset else None,
            "n": n,
            "fixed": fixed,
            "by": by,
        },
        by=by,
        limit_seconds=settings.ACC_EVAL_SECONDS,
    )
    return answer


def pictures_send(
    *, experiment: Experiment, checkpoint: Checkpoint | None = None, by: str = ""
) -> Call:
    """Have pictures made for the pages, without waiting; a second click meanwhile is the same one.

    Args:
        checkpoint: the state to look at; None for the model as it is by then.
    """
    if checkpoint is None:
        under_way = call_under_way(experiment, Call.Kind.PICTURES)
        if under_way is not None:
            return under_way
    payload = {
        "experiment": experiment.slug,
        "checkpoint": checkpoint.pk if checkpoint else None,
        "by": by,
    }
    return call_send(
        kind=Call.Kind.PICTURES, payload=payload, by=by, limit_seconds=settings.ACC_EVAL_SECONDS
    )


@transaction.atomic
def pictures_store(
    *,
    experiment: Experiment,
    dataset: Dataset,
    checkpoint: Checkpoint | None,
    step: int,
    images: list[ImageFact],
) -> Reconstructions:
    """Store a set of pictures; older ones of the dataset go, with their files."""
    Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
    row = Reconstructions.objects.create(
        experiment=experiment,
        dataset=dataset,
        checkpoint=checkpoint_still(checkpoint),
        step=step,
        images=[asdict(image) for image in images],
    )
    sets = Reconstructions.objects.filter(experiment=experiment, dataset=dataset)
    kept = list(sets.order_by("-pk").values_list("pk", flat=True)[:SETS_KEPT])
    sets.exclude(pk__in=kept).delete()
    transaction.on_commit(files_sweep)
    return row
