"""Calls about datasets."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from trainer.api.auth import caller_name
from trainer.api.inputs import BuiltinIn
from trainer.api.lookup import dataset_found
from trainer.api.schemas import DatasetOut, ImagesOut
from trainer.selectors.experiments import dataset_as_dict, datasets_all
from trainer.services.calls import call_ask

router = Router(tags=["datasets"])

SampleCount = Annotated[int, Query(ge=1, le=64, description="How many images.")]


@router.get("/datasets", response=list[DatasetOut], summary="List the datasets")
def datasets(request: HttpRequest) -> list[dict[str, Any]]:
    """List the datasets on offer, by name."""
    return [dataset_as_dict(dataset) for dataset in datasets_all()]


@router.post("/datasets/load_builtin", response=DatasetOut, summary="Load a built-in dataset")
def dataset_load_builtin(request: HttpRequest, body: BuiltinIn) -> Any:
    """Load digits, mnist, fashion_mnist or cifar10 at an image size."""
    return call_ask(kind="dataset_load", payload=body.dict(), by=caller_name(request))


@router.get("/datasets/{name}/sample", response=ImagesOut, summary="Show some images")
def dataset_sample(request: HttpRequest, name: str, n: SampleCount = 8) -> Any:
    """Return a dataset's first images as base64 PNG."""
    payload = {"name": dataset_found(name).name, "n": n}
    return call_ask(kind="dataset_sample", payload=payload, by=caller_name(request))
