"""The registries in the system of record: what files offer, and why some offer nothing."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from trainer.live.events import SYSTEM_GROUP, RegistryMessage
from trainer.models import FileVersion, RegisteredClass, RegistryError, Source
from trainer.services.announce import announce

CLASS_FIELDS = ("description", "module", "file", "parameters", "requires", "declares")
ERROR_FIELDS = ("line", "error", "traceback", "last_good")


@transaction.atomic
def registry_store(
    *, registry: str, offers: list[dict[str, Any]], errors: list[dict[str, Any]]
) -> None:
    """Make the rows of one registry say what its files say now; open pages hear of a difference.

    Args:
        offers: class_name, description, module, file, source (the text), source_sha256,
            parameters, requires and declares of each class.
        errors: file, line, error, traceback and last_good of each broken file.
    """
    sources_keep({offer["source_sha256"]: offer["source"] for offer in offers})
    _versions_keep(registry, offers)
    added, changed, removed = _classes_replace(registry, offers)
    broken = _errors_replace(registry, errors)
    if added or changed or removed or broken:
        message: RegistryMessage = {
            "type": "registry",
            "registry": registry,
            "added": added,
            "changed": changed,
            "removed": removed,
            "errors": RegistryError.objects.count(),
        }
        announce(SYSTEM_GROUP, message)


def sources_keep(texts: dict[str, str]) -> None:
    """Store texts by their SHA-256; one that is known stays as it is."""
    Source.objects.bulk_create(
        [Source(sha256=sha256, text=text) for sha256, text in texts.items()],
        ignore_conflicts=True,
    )


def _versions_keep(registry: str, offers: list[dict[str, Any]]) -> None:
    names: dict[tuple[str, str], list[str]] = {}
    for offer in offers:
        names.setdefault((offer["file"], offer["source_sha256"]), []).append(offer["class_name"])
    known = set(
        FileVersion.objects.filter(
            registry=registry, source_id__in={sha256 for _, sha256 in names}
        ).values_list("file", "source_id")
    )
    FileVersion.objects.bulk_create(
        [
            FileVersion(registry=registry, file=file, source_id=sha256, class_names=class_names)
            for (file, sha256), class_names in names.items()
            if (file, sha256) not in known
        ]
    )


def _classes_replace(
    registry: str, offers: list[dict[str, Any]]
) -> tuple[list[str], list[str], list[str]]:
    """Make the rows equal the offers; return the names added, changed and removed."""
    rows = {row.class_name: row for row in RegisteredClass.objects.filter(registry=registry)}
    wanted = {offer["class_name"]: offer for offer in offers}
    removed = sorted(rows.keys() - wanted.keys())
    RegisteredClass.objects.filter(registry=registry, class_name__in=removed).delete()
    added: list[str] = []
    changed: list[str] = []
    for name, offer in sorted(wanted.items()):
        row = rows.get(name) or RegisteredClass(registry=registry, class_name=name)
        values = {field: offer[field] for field in CLASS_FIELDS}
        values["source_id"] = offer["source_sha256"]
        if row.pk is not None and all(getattr(row, key) == value for key, value in values.items()):
            continue
        (changed if row.pk is not None else added).append(name)
        if row.source_id != offer["source_sha256"]:
            row.since = timezone.now()
        for key, value in values.items():
            setattr(row, key, value)
        row.save()
    return added, changed, removed


def _errors_replace(registry: str, errors: list[dict[str, Any]]) -> bool:
    """Replace the rows; return whether anything differs. A file stays broken since it first was."""
    rows = list(RegistryError.objects.filter(registry=registry))
    before = [_error_facts(row) for row in rows]
    after = [{"file": error["file"], **_picked(error)} for error in errors]
    if _sorted(before) == _sorted(after):
        return False
    since = {row.file: row.since for row in reversed(rows)}
    RegistryError.objects.filter(registry=registry).delete()
    RegistryError.objects.bulk_create(
        [
            RegistryError(
                registry=registry, since=since.get(facts["file"], timezone.now()), **facts
            )
            for facts in after
        ]
    )
    return True


def _error_facts(row: RegistryError) -> dict[str, Any]:
    return {"file": row.file, **{field: getattr(row, field) for field in ERROR_FIELDS}}


def _picked(error: dict[str, Any]) -> dict[str, Any]:
    return {field: error[field] for field in ERROR_FIELDS}


def _sorted(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(facts, key=lambda fact: (fact["file"], fact["line"] or 0, fact["error"]))
