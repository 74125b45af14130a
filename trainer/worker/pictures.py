"""Reconstructions for scripts, as JSON, and for pages, as files."""

import math
from typing import Any

from acc.dataset import AccDataset
from acc.evaluation.difference import difference_colours
from acc.evaluation.reconstructions import Reconstruction, choose_images, reconstruct
from acc.evaluation.sheet import picture_sheet
from acc.tasks.errors import TaskError
from trainer.models import Dataset, Experiment
from trainer.services.eval_pictures import SheetFact
from trainer.services.picture_files import picture_keep
from trainer.services.reconstructions import IMAGES_SHOWN, ImageFact, pictures_store
from trainer.worker.build import dataset_build
from trainer.worker.png import png_base64, png_bytes
from trainer.worker.snapshot import Snapshot, snapshot_asked, snapshot_take


def reconstructions_answer(payload: dict[str, Any]) -> dict[str, Any]:
    """Return images of the named dataset, or of each attached one, beside what came back."""
    experiment = Experiment.objects.get(slug=payload["experiment"])
    snapshot = snapshot_take(experiment, fresh=False, by=payload["by"])
    named = payload["dataset"]
    datasets = [Dataset.objects.get(name=named)] if named else _attached(experiment)
    count, fixed = payload["n"], payload["fixed"]
    answers = {
        row.name: _as_json(snapshot, row, _reconstruct(snapshot, row, count, fixed=fixed))
        for row in datasets
    }
    first = next(iter(answers.values()))
    return first if named else {**first, "datasets": answers}


def pictures_make(payload: dict[str, Any]) -> dict[str, Any]:
    """Store images of each attached dataset for the pages; return for which."""
    experiment = Experiment.objects.get(slug=payload["experiment"])
    snapshot = snapshot_asked(experiment, payload, fresh=False)
    datasets = _attached(experiment)
    for row in datasets:
        made = _reconstruct(snapshot, row, IMAGES_SHOWN, fixed=False)
        pictures_store(
            experiment=experiment,
            dataset=row,
            checkpoint=snapshot.checkpoint,
            step=snapshot.step,
            images=_as_files(made),
        )
    return {"step": snapshot.step, "datasets": [row.name for row in datasets]}


def followed_draw(snapshot: Snapshot, dataset: AccDataset) -> SheetFact:
    """Keep the images of a dataset that are followed over time as one picture of three rows."""
    indices_B = choose_images(dataset, IMAGES_SHOWN, fixed=True)
    made = reconstruct(snapshot.model, dataset, indices_B, snapshot.device)
    differences = difference_colours(made.images_BCHW, made.originals_BCHW)
    sheet = picture_sheet([made.originals_BCHW, made.images_BCHW, differences])
    return SheetFact(dataset.name, picture_keep(png_bytes(sheet)), _psnr(made))


def _attached(experiment: Experiment) -> list[Dataset]:
    ids = experiment.task_cards.values_list("dataset", flat=True)
    datasets = list(Dataset.objects.filter(pk__in=ids))
    if not datasets:
        raise TaskError("no dataset is attached; attach a task, or name the dataset")
    return datasets


def _reconstruct(snapshot: Snapshot, row: Dataset, count: int, *, fixed: bool) -> Reconstruction:
    dataset = dataset_build(row.name, row.spec)
    indices_B = choose_images(dataset, count, fixed=fixed)
    return reconstruct(snapshot.model, dataset, indices_B, snapshot.device)


def _as_json(snapshot: Snapshot, row: Dataset, made: Reconstruction) -> dict[str, Any]:
    differences = difference_colours(made.images_BCHW, made.originals_BCHW)
    return {
        "dataset": row.name,
        "step": snapshot.step,
        "checkpoint_id": snapshot.checkpoint.pk if snapshot.checkpoint else None,
        "originals": [png_base64(image) for image in made.originals_BCHW],
        "reconstructions": [png_base64(image) for image in made.images_BCHW],
        "differences": [png_base64(image) for image in differences],
        "psnr": _psnr(made),
        "indices": made.indices_B.tolist(),
    }


def _as_files(made: Reconstruction) -> list[ImageFact]:
    differences = difference_colours(made.images_BCHW, made.originals_BCHW)
    triples = zip(made.originals_BCHW, made.images_BCHW, differences, strict=True)
    return [
        ImageFact(psnr, *(picture_keep(png_bytes(image)) for image in triple))
        for psnr, triple in zip(_psnr(made), triples, strict=True)
    ]


def _psnr(made: Reconstruction) -> list[float | None]:
    return [round(dB, 3) if math.isfinite(dB) else None for dB in made.psnr_B.tolist()]
