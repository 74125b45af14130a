"""A look at the latent of one state: what it holds, as numbers and as pictures in files."""

from typing import Any

import torch

from acc.autoencoder import BaseAutoencoder
from acc.dataset import AccDataset
from acc.evaluation.reconstructions import choose_images
from acc.evaluation.sheet import picture_sheet
from acc.evaluation.traversals import (
    LatentCode,
    encode_images,
    groups_of,
    plane_of,
    sample_images,
    traverse_group,
    traverse_units,
    units_of,
)
from acc.tasks.compatibility import check_image_shape
from acc.tasks.errors import TaskError
from trainer.models import Dataset, Experiment
from trainer.selectors.latents import latent_as_dict
from trainer.services.calls import call_doing
from trainer.services.latents import latent_store
from trainer.services.picture_files import picture_keep
from trainer.worker.build import dataset_build
from trainer.worker.png import png_bytes
from trainer.worker.snapshot import Snapshot, snapshot_asked

# Beyond these a picture says no more, and takes its time.
IMAGES_MAX = 2000
POINTS_MAX = 500
UNITS_LISTED = 64
UNITS_DRAWN = 8
SAMPLES, SAMPLE_COLUMNS = 24, 8
THUMB_COLUMNS = 25


def latent_look(payload: dict[str, Any]) -> dict[str, Any]:
    """Look at the latent of a checkpoint, or of the model as it is now; store and return it."""
    experiment = Experiment.objects.get(slug=payload["experiment"])
    snapshot = snapshot_asked(experiment, payload, fresh=False)
    row = _dataset(experiment, payload["dataset"])
    call_doing(payload["call"], f"the latent of '{row.name}'")
    dataset = dataset_build(row.name, row.spec)
    check_image_shape(snapshot.model, dataset)
    facts = _facts(snapshot, dataset, payload["seeds"], payload["steps"])
    view = latent_store(
        experiment=experiment,
        dataset=row,
        checkpoint=snapshot.checkpoint,
        step=snapshot.step,
        facts=facts,
    )
    return latent_as_dict(view)


def _dataset(experiment: Experiment, name: str | None) -> Dataset:
    if name is not None:
        return Dataset.objects.get(name=name)
    card = experiment.task_cards.select_related("dataset").first()
    if card is None:
        raise TaskError("no dataset is attached; attach a task, or name the dataset")
    return card.dataset


def _facts(
    snapshot: Snapshot, dataset: AccDataset, seed_count: int, step_count: int
) -> dict[str, Any]:
    model = snapshot.model
    indices_N = choose_images(dataset, IMAGES_MAX, fixed=True)
    code = encode_images(model, dataset, indices_N, snapshot.device)
    units = units_of(code)
    owner = {
        index: group.name for group in groups_of(model) for index in range(group.start, group.end)
    }
    drawn = [unit.index for unit in units[:UNITS_DRAWN]]
    return {
        "image_count": len(indices_N),
        "has_prior": code.logvar_ND is not None,
        "groups": _groups(model, code, seed_count, step_count),
        "units": [
            {
                "index": unit.index,
                "group": owner.get(unit.index, ""),
                "variance": unit.variance,
                "kl_nats": unit.kl_nats,
                "is_dead": unit.is_dead,
            }
            for unit in units[:UNITS_LISTED]
        ],
        "unit_count": len(units),
        "dead_count": sum(unit.is_dead for unit in units),
        "units_drawn": drawn if model.has_decoder else [],
        "units_sheet": _units(model, code, drawn, step_count),
        "samples_sheet": _samples(model, code),
        "plane": _plane(dataset, indices_N, code),
    }


def _groups(
    model: BaseAutoencoder, code: LatentCode, seed_count: int, step_count: int
) -> list[dict[str, Any]]:
    found = []
    for group in groups_of(model):
        facts: dict[str, Any] = {"name": group.name, "start": group.start, "end": group.end}
        facts |= {"low": None, "high": None, "sheet": ""}
        if model.has_decoder:
            way = traverse_group(model, code, code.mu_ND[:seed_count], group, step_count)
            sheet = picture_keep(png_bytes(picture_sheet(list(way.images_STCHW))))
            facts |= {"low": way.low, "high": way.high, "sheet": sheet}
        found.append(facts)
    return found


def _units(model: BaseAutoencoder, code: LatentCode, drawn: list[int], step_count: int) -> str:
    if not model.has_decoder:
        return ""
    rows = traverse_units(model, code, code.mu_ND[0], drawn, step_count)
    return picture_keep(png_bytes(picture_sheet(list(rows))))


def _samples(model: BaseAutoencoder, code: LatentCode) -> str:
    if not model.has_decoder:
        return ""
    images = sample_images(model, code, SAMPLES)
    return picture_keep(png_bytes(picture_sheet(list(torch.split(images, SAMPLE_COLUMNS)))))


def _plane(dataset: AccDataset, indices_N: torch.Tensor, code: LatentCode) -> dict[str, Any]:
    """Return points with what they stand for, and one picture of all their images in order."""
    plane = plane_of(code)
    shown = indices_N[:POINTS_MAX]
    batch = dataset.batch(shown)
    targets = batch[1] if dataset.target_type else None
    if targets is not None and targets.dim() > 1:
        targets = targets[:, 0]  # of several numbers the first
    thumbs = picture_sheet(list(torch.split(batch[0], THUMB_COLUMNS)))
    return {
        "points": [[_short(x), _short(y)] for x, y in plane.points_N2[: len(shown)].tolist()],
        "shares": list(plane.shares),
        "targets": None if targets is None else [_short(value) for value in targets.tolist()],
        "target_type": dataset.target_type,
        "sheet": picture_keep(png_bytes(thumbs)),
        "columns": THUMB_COLUMNS,
        "side": [dataset.images.shape[-1], dataset.images.shape[-2]],
    }


def _short(value: float) -> float:
    """Return a number in as many digits as a screen shows; a class stays a whole number."""
    return value if isinstance(value, int) else float(f"{value:.5g}")
