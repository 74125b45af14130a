"""Two states of a model side by side: their weights, and what they make of the same images."""

import math
from typing import Any

from acc.evaluation.reconstructions import Reconstruction, choose_images, reconstruct
from acc.evaluation.weight_distance import weight_distances
from acc.tasks.errors import TaskError
from acc.training.state import TrainingState
from trainer.models import Dataset, Experiment
from trainer.selectors.reconstructions import COMPARED_ROOM
from trainer.services.picture_files import picture_keep
from trainer.services.reconstructions import IMAGES_SHOWN
from trainer.worker.build import dataset_build
from trainer.worker.png import png_bytes
from trainer.worker.snapshot import Snapshot, checkpoint_find, snapshot_load

# Heads and the model are kept under these names in a state.
MODEL, HEAD = "model/", "head:"


def checkpoints_compare(payload: dict[str, Any]) -> dict[str, Any]:
    """Compare two checkpoints of an experiment; pictures become files."""
    experiment = Experiment.objects.get(slug=payload["experiment"])
    snapshots = [
        snapshot_load(experiment, checkpoint_find(payload[name])) for name in ("one", "other")
    ]
    one, other = (_weights(snapshot.state or TrainingState()) for snapshot in snapshots)
    attached = experiment.task_cards.values_list("dataset", flat=True)
    datasets = Dataset.objects.filter(pk__in=attached)
    return {
        "one": payload["one"],
        "other": payload["other"],
        "distances": [
            {"part": part.name, "relative": _finite(part.relative), "weights": part.weight_count}
            for part in weight_distances(one, other)
        ],
        "datasets": [_images(snapshots, row) for row in datasets],
    }


def _weights(state: TrainingState) -> dict[str, Any]:
    """Return a state's weights: the model's by their names, those of a head under "head:task"."""
    weights = {}
    for name, tensor in state.tensors.items():
        if name.startswith(MODEL):
            weights[name.removeprefix(MODEL)] = tensor
        elif name.startswith(HEAD):
            head, _, own = name.partition("/")
            weights[f"{head.replace('.', '_')}.{own}"] = tensor
    return weights


def _images(snapshots: list[Snapshot], row: Dataset) -> dict[str, Any]:
    """Return the same held-out images as each of the states gives them back."""
    dataset = dataset_build(row.name, row.spec)
    indices_B = choose_images(dataset, IMAGES_SHOWN, fixed=True)
    try:
        made = [
            reconstruct(snapshot.model, dataset, indices_B, snapshot.device)
            for snapshot in snapshots
        ]
    except TaskError as error:
        return {"dataset": row.name, "images": [], "error": str(error)}
    images = [
        {
            "files": [
                picture_keep(png_bytes(image), room=COMPARED_ROOM)
                for image in (made[0].originals_BCHW[at], *(each.images_BCHW[at] for each in made))
            ],
            "psnr": [_psnr(each, at) for each in made],
        }
        for at in range(len(indices_B))
    ]
    return {"dataset": row.name, "images": images, "error": ""}


def _psnr(made: Reconstruction, at: int) -> float | None:
    return _finite(round(float(made.psnr_B[at]), 3))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
