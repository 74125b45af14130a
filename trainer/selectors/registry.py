"""Classes on offer, broken files, and stored versions of files, as the API and pages show them."""

from typing import Any

from trainer.models import FileVersion, RegisteredClass, Registry, RegistryError, Source


def registries_are_known() -> bool:
    """Return whether the files of classes were looked at once: there are tasks and models."""
    known = set(RegisteredClass.objects.values_list("registry", flat=True).distinct())
    return {Registry.TASKS, Registry.MODELS} <= known


def classes_offered(registry: str) -> list[RegisteredClass]:
    """Return the classes of one registry that are on offer, by name."""
    return list(RegisteredClass.objects.filter(registry=registry))


def class_names_offered(registry: str) -> set[str]:
    """Return the names of the classes of one registry that are on offer."""
    return set(
        RegisteredClass.objects.filter(registry=registry).values_list("class_name", flat=True)
    )


def class_offered(registry: str, class_name: str) -> RegisteredClass | None:
    """Return the class on offer under a name."""
    return RegisteredClass.objects.filter(registry=registry, class_name=class_name).first()


def class_as_dict(row: RegisteredClass) -> dict[str, Any]:
    """Return a class on offer in the API's shape."""
    return {
        "class_name": row.class_name,
        "description": row.description,
        "module": row.module,
        "file": row.file,
        "source_sha256": row.source_id,
        "parameters": row.parameters,
        "requires": row.requires,
        "declares": row.declares,
        "since": row.since.isoformat(),
    }


def registry_errors() -> list[RegistryError]:
    """Return what is wrong with files now, by registry and file."""
    return list(RegistryError.objects.all())


def error_as_dict(row: RegistryError) -> dict[str, Any]:
    """Return a broken file in the API's shape."""
    return {
        "registry": row.registry,
        "file": row.file,
        "line": row.line,
        "error": row.error,
        "traceback": row.traceback,
        "since": row.since.isoformat(),
        "last_good": row.last_good,
    }


def source_get(sha256: str) -> Source | None:
    """Return a stored version of a file by its content's hash."""
    return Source.objects.filter(pk=sha256).first()


def versions_of_file(registry: str, file: str) -> list[FileVersion]:
    """Return the stored good versions of a file, the newest first."""
    return list(FileVersion.objects.filter(registry=registry, file=file))


def versions_of_source(sha256: str) -> list[FileVersion]:
    """Return the files that had this content, the newest first."""
    return list(FileVersion.objects.filter(source_id=sha256))
