"""Calls about datasets."""

from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from trainer.api.auth import caller_name
from trainer.api.inputs import BuiltinIn, FolderIn
from trainer.api.lookup import dataset_found
from trainer.api.schemas import DatasetOut, ImagesOut, RemovedOut
from trainer.models import Call
from trainer.selectors.datasets import dataset_as_dict, datasets_all
from trainer.services.calls import call_ask
from trainer.services.dataset_import import dataset_import_folder, dataset_import_npz
from trainer.services.datasets import dataset_delete

router = Router(tags=["datasets"])

SampleCount = Annotated[int, Query(ge=1, le=64, description="How many images.")]


@router.get("/datasets", response=list[DatasetOut], summary="List the datasets")
def datasets(request: HttpRequest) -> list[dict[str, Any]]:
    """List the datasets on offer, by name."""
    return [dataset_as_dict(dataset) for dataset in datasets_all()]


@router.post("/datasets/load_builtin", response=DatasetOut, summary="Load a built-in dataset")
def dataset_load_builtin(request: HttpRequest, body: BuiltinIn) -> Any:
    """Load digits, mnist, fashion_mnist or cifar10 at an image size."""
    return call_ask(kind=Call.Kind.DATASET_LOAD, payload=body.dict(), by=caller_name(request))


@router.post("/datasets/import_folder", response=DatasetOut, summary="Import a folder of images")
def dataset_import_folder_call(request: HttpRequest, body: FolderIn) -> Any:
    """Import a folder whose folders are classes; a bad file is named with what is wrong with it.

    Folders without an image are left out, as `empty_folders` of the answer says.
    """
    return dataset_import_folder(**body.dict(), by=caller_name(request))


@router.post("/datasets/import_npz", response=DatasetOut, summary="Import a .npz file")
def dataset_import_npz_call(
    request: HttpRequest,
    file: Annotated[UploadedFile, File()],
    name: Annotated[str, Form(max_length=80)] = "",
) -> Any:
    """Import numpy's arrays `images`, `targets` and `eval_indices`, sent as multipart/form-data.

    Without a name, the dataset has that of the file, without its ending.
    """
    return dataset_import_npz(file=file, name=name, by=caller_name(request))


@router.post("/datasets/{name}/delete", response=RemovedOut, summary="Delete a dataset")
def dataset_delete_call(request: HttpRequest, name: str) -> dict[str, str]:
    """Delete a dataset that no task and no job uses."""
    dataset_delete(dataset=dataset_found(name))
    return {"removed": name}


@router.get("/datasets/{name}/sample", response=ImagesOut, summary="Show some images")
def dataset_sample(request: HttpRequest, name: str, n: SampleCount = 8) -> Any:
    """Return a dataset's first images as base64 PNG."""
    payload = {"name": dataset_found(name).name, "n": n}
    return call_ask(
        kind=Call.Kind.DATASET_SAMPLE,
        payload=payload,
        by=caller_name(request),
        limit_seconds=settings.ACC_EVAL_SECONDS,
    )
