"""Datasets from outside: what is asked is checked here, the trainer side reads the files."""

from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage

from trainer.models import Call, Dataset
from trainer.selectors.calls import UNDER_WAY, calls_about
from trainer.selectors.datasets import dataset_pictures
from trainer.selectors.reconstructions import SAMPLE_ROOM
from trainer.services.calls import call_ask, call_send
from trainer.services.datasets import name_problem
from trainer.services.parameters import ParameterRefused

UPLOAD_ROOM = "uploads"


def dataset_import_folder(
    *,
    path: str,
    name: str = "",
    image_size: int = 32,
    colours: str = "auto",
    skip_bad: bool = False,
    by: str = "",
) -> dict[str, Any]:
    """Import a folder whose folders are classes; return the dataset in the API's shape.

    Args:
        path: below one of the directories of ACC_IMAGE_DIRS.
        name: of the dataset; without it, the folder's.

    Raises:
        ParameterRefused: the name is none.
        CallRefused: the folder or files in it cannot be used, one line a bad file.
        TrainerOffline: nobody is there who could read it.
    """
    _check_name(name)
    payload = {
        "path": path,
        "name": name,
        "image_size": image_size,
        "colours": colours,
        "skip_bad": skip_bad,
    }
    return _ask(Call.Kind.DATASET_IMPORT_FOLDER, payload, by=by)


def dataset_import_npz(*, file: "File[bytes]", name: str = "", by: str = "") -> dict[str, Any]:
    """Import an uploaded .npz file; raises as `dataset_import_folder`.

    Args:
        name: of the dataset; without it, the file's without its ending.
    """
    _check_name(name)
    if not name:
        name = PurePath(file.name or "").stem
        problem = name_problem(name)
        if problem:
            raise ParameterRefused(
                f"the file's name cannot be the dataset's, so give one: {problem}"
            )
    limit = settings.ACC_UPLOAD_MB * 1024**2
    if file.size > limit:
        raise ParameterRefused(
            f"the file has {file.size:,} bytes, and {limit:,} are the limit; ACC_UPLOAD_MB allows "
            "more"
        )
    # Through the storage: the worker may be on another machine.
    upload = default_storage.save(f"{UPLOAD_ROOM}/upload.npz", file)
    try:
        payload = {"upload": upload, "file_name": (file.name or "")[:200], "name": name}
        return _ask(Call.Kind.DATASET_IMPORT_NPZ, payload, by=by)
    finally:
        default_storage.delete(upload)


def datasets_survey(datasets: list[Dataset]) -> None:
    """Have the trainer side look at datasets that nobody has looked at, once each, not waiting.

    Those whose pictures somebody deleted are looked at again.
    """
    waiting = set(
        calls_about(Call.Kind.DATASET_SURVEY, UNDER_WAY).values_list("payload__name", flat=True)
    )
    for dataset in datasets:
        if dataset.name not in waiting and (not dataset.survey or _lacks_pictures(dataset)):
            call_send(
                kind=Call.Kind.DATASET_SURVEY,
                payload={"name": dataset.name},
                limit_seconds=settings.ACC_EVAL_SECONDS,
            )


def _lacks_pictures(dataset: Dataset) -> bool:
    name = min(dataset_pictures([dataset]), default=None)
    return name is not None and not default_storage.exists(f"{SAMPLE_ROOM}/{name}")


def _check_name(name: str) -> None:
    problem = name_problem(name) if name else ""
    if problem:
        raise ParameterRefused(problem)


def _ask(kind: str, payload: dict[str, Any], *, by: str) -> dict[str, Any]:
    answer: dict[str, Any] = call_ask(
        kind=kind, payload=payload, by=by, limit_seconds=settings.ACC_EVAL_SECONDS
    )
    return answer
