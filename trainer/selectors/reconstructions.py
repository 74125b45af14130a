"""Reconstructions as the pages show them, and their files."""

import re

from django.core.files.storage import default_storage

from trainer.models import EvalPictures, Experiment, LatentView, Reconstructions
from trainer.selectors.latents import latent_files

PICTURE_ROOM = "reconstructions"
SAMPLE_ROOM = "samples"  # of datasets
COMPARED_ROOM = "compared"  # of two checkpoints
ROOMS = (PICTURE_ROOM, SAMPLE_ROOM, COMPARED_ROOM)
KINDS = ("original", "reconstruction", "difference")
_NAME = re.compile(r"[0-9a-f]{64}(_\w{1,20})?\.png")


def reconstructions_of(experiment: Experiment) -> list[Reconstructions]:
    """Return the newest set of each attached dataset, by the dataset's name."""
    attached = experiment.task_cards.values("dataset")
    sets = experiment.reconstructions.filter(dataset__in=attached).select_related("dataset")
    newest = {row.dataset.name: row for row in sets.order_by("pk")}
    return [newest[name] for name in sorted(newest)]


def picture_names() -> set[str]:
    """Return the files that some row names."""
    sets = Reconstructions.objects.values_list("images", flat=True)
    followed = EvalPictures.objects.values_list("sheet", flat=True)
    named = {image[kind] for images in sets for image in images for kind in KINDS}
    named |= set(followed)
    for facts in LatentView.objects.values_list("facts", flat=True):
        named |= latent_files(facts)
    return named


def picture_read(name: str) -> bytes | None:
    """Return a picture by its file's name; None where there is none."""
    if not _NAME.fullmatch(name):
        return None
    for room in ROOMS:
        path = f"{room}/{name}"
        if default_storage.exists(path):
            with default_storage.open(path) as file:
                png: bytes = file.read()
            return png
    return None
