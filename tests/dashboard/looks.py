"""Looks at a latent for the pages to show, stored as the trainer side does."""

import io
from typing import Any

from PIL import Image

from tests.dashboard.measured import PIXEL
from trainer.models import Checkpoint, Dataset, Experiment, LatentView
from trainer.services.latents import latent_store
from trainer.services.picture_files import picture_keep

# As the trainer side lays images out.
SIDE, GAP = 32, 2


def looked(
    experiment: Experiment,
    *,
    has_decoder: bool = True,
    units: int = 2,
    step: int = 40,
    sheet: str = "",
    checkpoint: Checkpoint | None = None,
    factor: str = "<b>digit",
    **plane: Any,
) -> LatentView:
    """Store a look at a latent of two units or more; `plane` is what differs of its plane.

    Args:
        sheet: the file of every picture; without it, a single grey pixel.
        checkpoint: the state that was looked at.
        factor: what the model calls its latent; "latent" where it names no factors.
    """
    shown = (sheet or picture_keep(PIXEL + b"way")) if has_decoder else ""
    facts = {
        "image_count": 270,
        "has_prior": True,
        "groups": [
            {"name": factor, "start": 0, "end": 2, "low": -1.5, "high": 1.5, "sheet": shown}
        ],
        "units": [
            {"index": at, "group": factor, "variance": 1.0, "kl_nats": 2.0, "is_dead": at > 0}
            for at in range(units)
        ],
        "unit_count": units,
        "dead_count": units - 1,
        "units_drawn": [0, 1],
        "units_sheet": shown,
        "samples_sheet": shown,
        "plane": {
            "points": [[0.0, 1.0]],
            "shares": [0.61, 0.2],
            "targets": [3],
            "target_type": "classes",
            "sheet": sheet or picture_keep(PIXEL),
            "columns": 25,
            "side": [SIDE, SIDE],
            **plane,
        },
    }
    row = Dataset.objects.get(name="digits")
    return latent_store(
        experiment=experiment, dataset=row, checkpoint=checkpoint, step=step, facts=facts
    )


def sheet_make(*colours: tuple[int, int, int], columns: int = 25) -> str:
    """Return the file of a sheet of plain images, each of one colour, in rows of `columns`."""
    rows = -(-len(colours) // columns)
    size = (columns * (SIDE + GAP) - GAP, rows * (SIDE + GAP) - GAP)
    picture = Image.new("RGBA", size)
    for at, colour in enumerate(colours):
        corner = (at % columns * (SIDE + GAP), at // columns * (SIDE + GAP))
        picture.paste(Image.new("RGBA", (SIDE, SIDE), (*colour, 255)), corner)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return picture_keep(buffer.getvalue())
