"""Calls about the classes on offer and the files they come from."""

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.errors import HttpError

from trainer.api.schemas import ClassOut, RegistryErrorOut, SourceOut
from trainer.models import Registry
from trainer.selectors.registry import (
    class_as_dict,
    classes_offered,
    error_as_dict,
    registry_errors,
    source_get,
    versions_of_source,
)

router = Router(tags=["registry"])


@router.get("/registry/errors", response=list[RegistryErrorOut], summary="List broken files")
def registry_errors_list(request: HttpRequest) -> list[dict[str, Any]]:
    """List the files that do not load now, and names that two files claim."""
    return [error_as_dict(row) for row in registry_errors()]


@router.get("/registry/sources/{sha256}", response=SourceOut, summary="Show a stored version")
def registry_source(request: HttpRequest, sha256: str) -> dict[str, Any]:
    """Return the text of a version of a file that was on offer once, by its SHA-256."""
    source = source_get(sha256)
    if source is None:
        raise HttpError(404, f"no file version with the SHA-256 {sha256} is stored")
    files = list(dict.fromkeys(version.file for version in versions_of_source(sha256)))
    return {"sha256": source.sha256, "files": files, "text": source.text}


@router.get("/registry/tasks", response=list[ClassOut], summary="List the task classes")
def registry_tasks(request: HttpRequest) -> list[dict[str, Any]]:
    """List the task classes on offer, current within two seconds of a save."""
    return _offered(Registry.TASKS)


@router.get("/registry/models", response=list[ClassOut], summary="List the model classes")
def registry_models(request: HttpRequest) -> list[dict[str, Any]]:
    """List the autoencoder classes on offer."""
    return _offered(Registry.MODELS)


@router.get("/registry/generators", response=list[ClassOut], summary="List the generators")
def registry_generators(request: HttpRequest) -> list[dict[str, Any]]:
    """List the generators of synthetic datasets on offer."""
    return _offered(Registry.GENERATORS)


@router.get("/registry/recipes", response=list[ClassOut], summary="List the recipes")
def registry_recipes(request: HttpRequest) -> list[dict[str, Any]]:
    """List the recipes on offer."""
    return _offered(Registry.RECIPES)


def _offered(registry: Registry) -> list[dict[str, Any]]:
    return [class_as_dict(row) for row in classes_offered(registry)]
