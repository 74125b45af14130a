"""Two states side by side: asked for here, made by the trainer side, kept for an hour."""

import datetime

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from trainer.models import Call, Checkpoint
from trainer.selectors.calls import UNDER_WAY
from trainer.selectors.checkpoints import comparison_of, comparison_pictures
from trainer.selectors.reconstructions import COMPARED_ROOM
from trainer.services.calls import call_send
from trainer.services.checkpoints import CheckpointRefused

# Younger files may belong to a comparison that is being made.
ORPHAN_SECONDS = 600


def comparison_send(*, one: Checkpoint, other: Checkpoint, by: str = "") -> Call:
    """Have two states of a model compared, without waiting; one that is under way is the same.

    Raises:
        CheckpointRefused: they are one state, or of different experiments.
    """
    if one.pk == other.pk or one.experiment_id != other.experiment_id:
        raise CheckpointRefused("choose two different states of the same experiment")
    known = comparison_of(one, other)
    if known is not None and known.state in UNDER_WAY:
        return known
    _pictures_sweep()
    return call_send(
        kind=Call.Kind.COMPARE,
        payload={"experiment": one.experiment.slug, "one": one.pk, "other": other.pk, "by": by},
        by=by,
        limit_seconds=settings.ACC_EVAL_SECONDS,
    )


def _pictures_sweep() -> None:
    """Remove the pictures of comparisons that are forgotten."""
    if not default_storage.exists(COMPARED_ROOM):
        return
    named = comparison_pictures()
    old = timezone.now() - datetime.timedelta(seconds=ORPHAN_SECONDS)
    for name in default_storage.listdir(COMPARED_ROOM)[1]:
        path = f"{COMPARED_ROOM}/{name}"
        if name not in named and default_storage.get_modified_time(path) < old:
            default_storage.delete(path)
