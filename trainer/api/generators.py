"""Calls that make datasets."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trainer.api.auth import caller_name
from trainer.api.inputs import GenerateIn
from trainer.api.schemas import DatasetOut
from trainer.services.generate import dataset_generate

router = Router(tags=["datasets"])


@router.post("/generators/generate", response=DatasetOut, summary="Generate a dataset")
def generator_generate(request: HttpRequest, body: GenerateIn) -> Any:
    """Make a dataset with a generator on offer, and keep it; /registry/generators lists them."""
    return dataset_generate(**body.dict(), by=caller_name(request))
