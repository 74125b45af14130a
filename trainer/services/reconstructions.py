"""Reconstructions: asked for here, made by the trainer side, kept here as files for the pages."""

import datetime
import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from trainer.models import Call, Checkpoint, Dataset, Experiment, Reconstructions
from trainer.selectors.evals import call_under_way
from trainer.selectors.reconstructions import PICTURE_ROOM, picture_names
from trainer.services.calls import PICTURES, call_ask, call_send

IMAGES_SHOWN = 8
# A page that was opened before the newest set still fetches the files of the one before.
SETS_KEPT = 2
# Younger files may belong to a set that is being stored.
ORPHAN_SECONDS = 300


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
        kind="reconstruct",
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
        under_way = call_under_way(experiment, PICTURES)
        if under_way is not None:
            return under_way
    payload = {
        "experiment": experiment.slug,
        "checkpoint": checkpoint.pk if checkpoint else None,
        "by": by,
    }
    return call_send(kind=PICTURES, payload=payload, by=by, limit_seconds=settings.ACC_EVAL_SECONDS)


def picture_keep(png: bytes, *, room: str = PICTURE_ROOM) -> str:
    """Keep a picture under the hash of its content, once a room; return the file's name."""
    name = f"{room}/{hashlib.sha256(png).hexdigest()}.png"
    if not default_storage.exists(name):
        name = default_storage.save(name, ContentFile(png))
    return name.removeprefix(f"{room}/")


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
    row = Reconstructions.objects.create(
        experiment=experiment,
        dataset=dataset,
        checkpoint=checkpoint,
        step=step,
        images=[asdict(image) for image in images],
    )
    sets = Reconstructions.objects.filter(experiment=experiment, dataset=dataset)
    kept = list(sets.order_by("-pk").values_list("pk", flat=True)[:SETS_KEPT])
    sets.exclude(pk__in=kept).delete()
    transaction.on_commit(_files_sweep)
    return row


def _files_sweep() -> None:
    """Remove the files that no set names: several may name one, as originals come again."""
    named = picture_names()
    old = timezone.now() - datetime.timedelta(seconds=ORPHAN_SECONDS)
    for name in default_storage.listdir(PICTURE_ROOM)[1]:
        path = f"{PICTURE_ROOM}/{name}"
        if name not in named and default_storage.get_modified_time(path) < old:
            default_storage.delete(path)
