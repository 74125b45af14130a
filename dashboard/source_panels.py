"""What the pages of a stored version, and of the difference between two, need."""

from dataclasses import dataclass
from typing import Any

from dashboard.diffs import diff_of, lines_of
from dashboard.registry_panels import PLACES
from dashboard.requests import PageMissing
from trainer.models import FileVersion, RegisteredClass, Source
from trainer.selectors.registry import (
    classes_offered,
    source_get,
    versions_of_file,
    versions_of_source,
)


@dataclass(frozen=True)
class VersionRow:
    """A version of a file, and what is on offer from it now."""

    version: FileVersion
    offered: list[str]
    is_shown: bool
    is_older: bool


@dataclass(frozen=True)
class FileRow:
    """A file that had the shown content, with all its versions, the newest first."""

    registry: str
    file: str
    shown: FileVersion
    versions: list[VersionRow]


def source_panel(sha256: str) -> dict[str, Any]:
    """Return what `pages/source.html` needs.

    Raises:
        PageMissing: no version of this hash is stored.
    """
    source = _source(sha256)
    versions = versions_of_source(sha256)
    offered = [row for registry in PLACES for row in classes_offered(registry)]
    return {
        "source": source,
        "lines": lines_of(source.text),
        "files": [_file_row(version, offered) for version in versions],
        "label": _label(versions, sha256),
    }


def diff_panel(old_sha256: str, new_sha256: str) -> dict[str, Any]:
    """Return what `pages/diff.html` needs.

    Raises:
        PageMissing: one of the versions is not stored.
    """
    old, new = _source(old_sha256), _source(new_sha256)
    return {
        "old": _side(old),
        "new": _side(new),
        "same": old.pk == new.pk,
        "diff": diff_of(old.text, new.text),
    }


def _source(sha256: str) -> Source:
    source = source_get(sha256)
    if source is None:
        raise PageMissing(f"no version '{sha256}' of a file is stored")
    return source


def _side(source: Source) -> dict[str, Any]:
    versions = versions_of_source(source.pk)
    return {"source": source, "files": sorted({row.file for row in versions})}


def _label(versions: list[FileVersion], sha256: str) -> str:
    return versions[0].file.rpartition("/")[2] if versions else sha256[:8]


def _file_row(shown: FileVersion, offered: list[RegisteredClass]) -> FileRow:
    rows = []
    is_older = False
    for version in versions_of_file(shown.registry, shown.file):
        names = [
            row.class_name
            for row in offered
            if (row.registry, row.file, row.source_id)
            == (version.registry, version.file, version.source_id)
        ]
        is_shown = version.source_id == shown.source_id
        rows.append(VersionRow(version, names, is_shown=is_shown, is_older=is_older))
        is_older = is_older or is_shown
    return FileRow(shown.registry, shown.file, shown, rows)
