"""Files that nobody answers for any more: uploads, and sample images of datasets."""

import logging
from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from trainer.models import Call, Dataset
from trainer.selectors.calls import UNDER_WAY, calls_about
from trainer.selectors.datasets import dataset_pictures
from trainer.selectors.reconstructions import SAMPLE_ROOM
from trainer.services.artifacts import ORPHAN_SECONDS
from trainer.services.dataset_import import UPLOAD_ROOM

logger = logging.getLogger("acc.artifacts")


def leftovers_sweep() -> None:
    """Remove uploads that no question names, and samples that no dataset shows, after an hour.

    A web process that is killed while it waits for an import leaves its upload; a dataset that is
    refused has its samples stored already.
    """
    _sweep(UPLOAD_ROOM, _old(UPLOAD_ROOM) - _uploads_awaited())
    samples = _old(SAMPLE_ROOM) - dataset_pictures(Dataset.objects.only("survey"))
    # A dataset that is made just now may show images that are here from an earlier one.
    if samples and not Call.objects.filter(state=Call.State.RUNNING).exists():
        _sweep(SAMPLE_ROOM, samples)


def _old(room: str) -> set[str]:
    if not default_storage.exists(room):
        return set()  # nothing was ever kept there
    latest = timezone.now() - timedelta(seconds=ORPHAN_SECONDS)
    return {
        name
        for name in default_storage.listdir(room)[1]
        if default_storage.get_modified_time(f"{room}/{name}") < latest
    }


def _uploads_awaited() -> set[str]:
    uploads = calls_about(Call.Kind.DATASET_IMPORT_NPZ, UNDER_WAY).values_list(
        "payload__upload", flat=True
    )
    return {upload.removeprefix(f"{UPLOAD_ROOM}/") for upload in uploads}


def _sweep(room: str, names: set[str]) -> None:
    for name in names:
        default_storage.delete(f"{room}/{name}")
    if names:
        logger.info("%s: removed %s files that nothing names", room, len(names))
