"""What the panel of reconstructions needs: the newest images of each attached dataset."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.call_state import call_state
from trainer.models import Call, Experiment, Reconstructions
from trainer.selectors.experiments import cards_of
from trainer.selectors.nodes import trainer_is_online
from trainer.selectors.reconstructions import reconstructions_of

WORST = "worst"


@dataclass(frozen=True)
class Compared:
    """One image beside what came back of it; the names are those of its files."""

    number: int
    psnr: float | None
    original: str
    reconstruction: str
    difference: str

    @property
    def psnr_text(self) -> str:
        """How like the original it is."""
        return "not finite" if self.psnr is None else f"{self.psnr:.1f} dB"


@dataclass(frozen=True)
class DatasetImages:
    """Images of one dataset, all from the same step."""

    name: str
    step: int
    made_at: datetime
    images: list[Compared]

    @property
    def mean_text(self) -> str:
        """The mean PSNR of the images shown."""
        known = [image.psnr for image in self.images if image.psnr is not None]
        return f"{sum(known) / len(known):.1f} dB" if known else ""


def recon_panel(experiment: Experiment, order: str | None) -> dict[str, Any]:
    """Return what `partials/recon_comparison.html` needs.

    Args:
        order: "worst" for the least like ones first, anything else for the order of drawing.
    """
    sets = [_images(row, worst_first=order == WORST) for row in reconstructions_of(experiment)]
    newest = max((images.made_at for images in sets), default=None)
    return {
        "experiment": experiment,
        "recon_sets": sets,
        "recon_worst": order == WORST,
        "recon_call": call_state(experiment, Call.Kind.PICTURES, succeeded_at=newest),
        "recon_possible": bool(cards_of(experiment)),
        "recon_decoder": experiment.model_info.get("has_decoder", True),
        "trainer_online": trainer_is_online(),
    }


def _images(row: Reconstructions, *, worst_first: bool) -> DatasetImages:
    images = [Compared(number, **image) for number, image in enumerate(row.images, start=1)]
    if worst_first:
        images.sort(key=lambda image: -math.inf if image.psnr is None else image.psnr)
    return DatasetImages(row.dataset.name, row.step, row.created_at, images)
