"""Data that people bring: read once, checked, and kept as a file of our own."""

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from acc.dataset import AccDataset
from acc.datasets.folder import folder_find, load_folder
from acc.datasets.npz import load_npz
from trainer.models import Dataset
from trainer.selectors.datasets import dataset_as_dict
from trainer.services.artifacts import (
    DATASETS,
    artifact_is_kept,
    dataset_file_name,
    datasets_hold,
)
from trainer.services.datasets import DatasetRefused, name_problem
from trainer.worker.dataset_keep import dataset_keep
from trainer.worker.dataset_store import dataset_write


def dataset_import_folder(payload: dict[str, Any]) -> dict[str, Any]:
    """Import a folder of images below one of the operator's directories."""
    folder = folder_find(settings.ACC_IMAGE_DIRS, payload["path"])
    name = payload["name"] or folder.name
    problem = name_problem(name)
    if problem:
        raise DatasetRefused(f"the folder's name cannot be the dataset's, so give one: {problem}")
    read = load_folder(
        folder,
        name=name,
        image_size=payload["image_size"],
        colours=payload["colours"],
        skip_bad=payload["skip_bad"],
    )
    spec = {
        "imported": Dataset.Kind.FOLDER,
        "path": str(folder),
        "class_names": read.class_names,
        "empty_folders": read.empty,
        "parts": read.parts,
        "skipped": [f"{name}: {problem}" for name, problem in read.skipped],
    }
    return _keep(read.dataset, Dataset.Kind.FOLDER, spec)


def dataset_import_npz(payload: dict[str, Any]) -> dict[str, Any]:
    """Import an uploaded .npz file."""
    with default_storage.open(payload["upload"]) as file:
        dataset = load_npz(file, name=payload["name"])
    spec = {"imported": Dataset.Kind.NPZ, "file": payload["file_name"]}
    return _keep(dataset, Dataset.Kind.NPZ, spec)


def _keep(dataset: AccDataset, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    # The file comes first: a row without it could not be used.
    dataset_write(dataset)
    spec["content_hash"] = dataset.content_hash()
    row = dataset_keep(dataset, kind=kind, spec=spec)
    with datasets_hold():
        # Seconds went by: whoever deleted the same data meanwhile saw no row that needs the file.
        is_kept = artifact_is_kept(DATASETS, dataset_file_name(row.content_hash))
        if not is_kept and Dataset.objects.filter(pk=row.pk).exists():
            dataset_write(dataset)
    return dataset_as_dict(row)
