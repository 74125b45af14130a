"""Which files a registry reads, in order of precedence, and which it refuses to touch."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from acc.registry.errors import LoadError
from acc.registry.source import file_label

SKIPPED_NAMES = ("__init__.py", "base.py", "registry.py")
# "." and "#": what editors leave beside a file; "_": private; flycheck_: an editor's linter.
SKIPPED_PREFIXES = ("_", ".", "#", "flycheck_")
LARGEST_BYTES = 1_000_000
LONGEST_PATH = 500


@dataclass
class Found:
    """What lies in the places of a registry now."""

    files: list[Path] = field(default_factory=list)
    refused: list[LoadError] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """Where a registry looks: directories, or single files; they need not exist.

    Attributes:
        shipped: files that come with ACC; nobody takes a class name from them.
        never_under: directories into which strangers may put files; nothing there is run.
    """

    paths: tuple[Path, ...]
    shipped: frozenset[Path] = frozenset()
    never_under: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls,
        builtin: Iterable[Path],
        directories: Iterable[Path],
        *,
        shipped: Collection[Path],
        never_under: Iterable[Path],
    ) -> Places:
        """Return places in order of precedence, each once."""
        unique: dict[str, Path] = {}
        for place in (*builtin, *directories):
            unique.setdefault(os.path.realpath(place), Path(place).absolute())
        return cls(
            paths=tuple(unique.values()),
            shipped=frozenset(shipped),
            never_under=tuple(Path(os.path.realpath(path)) for path in never_under),
        )

    def find(self) -> Found:
        """Return the files that count, shipped ones first, and what is refused unread."""
        found = Found()
        for place in self.paths:
            try:
                self._look_into(place, found)
            except OSError as error:
                found.refused.append(_refusal(place, error.strerror or str(error)))
        found.files.sort(key=lambda path: path not in self.shipped)  # stable: the rest stays
        return found

    def directories(self) -> Iterator[Path]:
        """Yield the directories in which something may happen, links followed."""
        for place in self.paths:
            if place.is_dir():
                yield place
                yield from {
                    Path(os.path.realpath(path)).parent
                    for path in place.iterdir()
                    if path.is_symlink() and _counts(path)
                }
            elif place.is_file():
                yield place.parent

    def _look_into(self, place: Path, found: Found) -> None:
        is_directory = place.is_dir()
        if is_directory and (reason := self._reason_against(place)):
            found.refused.append(_refusal(place, reason))
            return
        for path in sorted(place.iterdir()) if is_directory else [place]:
            # is_file: neither a dangling link nor a directory of that name.
            if not _counts(path) or not path.is_file():
                continue
            reason = self._reason_against_file(path)
            if reason:
                found.refused.append(_refusal(path, reason))
            else:
                found.files.append(path)

    def _reason_against_file(self, path: Path) -> str:
        if len(str(path)) > LONGEST_PATH:
            return f"the path is longer than {LONGEST_PATH} characters"
        if path.stat().st_size > LARGEST_BYTES:
            return f"the file is larger than {LARGEST_BYTES // 1000:,} kB"
        if path.is_symlink():
            target = Path(os.path.realpath(path))
            return self._reason_against(target) or self._reason_against(target.parent)
        return self._reason_against(path)

    def _reason_against(self, path: Path) -> str:
        real = Path(os.path.realpath(path))
        if any(real.is_relative_to(place) for place in self.never_under):
            return f"files under {real} may come from uploads; code is not run from there"
        if os.name == "posix" and path.stat().st_mode & stat.S_IWOTH:
            return (
                f"every user of this machine may write {real}, so its code is not run; "
                f"close it with: chmod o-w {real}"
            )
        return ""


def _counts(path: Path) -> bool:
    named = path.name not in SKIPPED_NAMES and not path.name.startswith(SKIPPED_PREFIXES)
    return named and path.suffix == ".py"


def _refusal(path: Path, reason: str) -> LoadError:
    label = file_label(path)[:LONGEST_PATH]
    return LoadError(file=label, line=None, error=reason, traceback="", last_good=False)
