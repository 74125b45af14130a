"""BaseRegistry: the classes that files offer now, and why a file offers none."""

from __future__ import annotations

import builtins
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from acc.registry.entry import FileEntry
from acc.registry.errors import LoadError, UnknownClassError, conflict_error
from acc.registry.files import Places
from acc.registry.offer import RegisteredClass
from acc.registry.probe import Probe, shared_probe
from acc.registry.probe_child import imported
from acc.registry.source import PACKAGE_ROOT, load_class_from_source

T = TypeVar("T")


class BaseRegistry(Generic[T]):
    """Finds the concrete subclasses of one class in files, and follows the files' contents.

    Nobody's code runs in this process until `get` is asked for a class: files are looked at by
    the probe. `refresh` looks again and waits for the probe; `look` does not wait. `list`, `get`
    and `errors` answer from the last look.

    Args:
        builtin: files and directories of the acc package.
        directories: directories of other people's files; they need not exist.
        shipped: files that come with ACC: nobody takes a class name from them.
        never_under: directories into which strangers may put files; nothing there is run.
        settle_seconds: a change counts once it stood for so long. A save is a truncation, then
            a write, and editors write through temporary names.
        probe: what looks at files; without it, the one of this process.
        kinds: base and facts of all registries that share directories with this one, itself
            among them; then one look at a file is enough for all.
    """

    name: ClassVar[str]
    base: ClassVar[str]  # "package.module:Class": imported where a class is asked for
    facts: ClassVar[str] = "acc.registry.description:facts_of"

    def __init__(
        self,
        builtin: Iterable[Path] = (),
        directories: Iterable[Path] = (),
        *,
        shipped: Collection[Path] = (),
        never_under: Iterable[Path] = (),
        settle_seconds: float = 0.0,
        probe: Probe | None = None,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        self.places = Places.of(builtin, directories, shipped=shipped, never_under=never_under)
        self._settle_seconds = settle_seconds
        self._probe = probe or shared_probe()
        self._kinds = kinds or {self.base: self.facts}
        self._files: dict[Path, FileEntry] = {}
        self._look_count = 0
        self._offers: dict[str, RegisteredClass] = {}
        self._conflicts: list[LoadError] = []
        self._refused: list[LoadError] = []

    def remember(self, offers: Iterable[RegisteredClass]) -> None:
        """Take classes for the last good ones of their files until the files say otherwise."""
        for offer in offers:
            path = PACKAGE_ROOT.parent / offer.file
            self._files.setdefault(path, FileEntry(path)).remember(offer)
        self._settle_names()

    def refresh(self) -> bool:
        """Read every file whose content changed; return whether the offer or the errors did.

        Compares contents, not times: two saves within one tick of the clock are told
        apart, an older file put back is noticed, and a touched one costs no look.
        """
        before = self._state()
        self.look()
        while self.is_busy:
            looks = [entry.probing for entry in self._files.values() if entry.probing]
            if looks:
                wait(looks, return_when=FIRST_COMPLETED)
            else:
                time.sleep(self._settle_seconds / 4)
            self.look()
        return before != self._state()

    def look(self) -> bool:
        """Notice what changed and what the probe found since; return whether anything did."""
        before = self._state()
        self._look_count += 1
        found = self.places.find()
        self._refused = found.refused
        self._notice(found.files)
        for entry in self._files.values():
            entry.take_result()
        self._settle_names()
        return before != self._state()

    @property
    def has_offers(self) -> bool:
        """Whether a class is on offer, or was when the files were looked at last."""
        return bool(self._offers)

    @property
    def is_busy(self) -> bool:
        """Whether another look soon will know more."""
        return any(entry.probing or entry.is_unsettled for entry in self._files.values())

    def list(self) -> builtins.list[RegisteredClass]:
        """Return the classes on offer, by name."""
        self._look_once()
        return [self._offers[name] for name in sorted(self._offers)]

    def get(self, class_name: str) -> type[T]:
        """Return a class on offer: its file's text is run in this process for it.

        Raises:
            UnknownClassError: a KeyError; no class has this name, and the text says which do.
            BaseException: whatever the file raises.
        """
        offer = self.entry(class_name)
        base: type[T] = imported(self.base)
        return load_class_from_source(offer.source, class_name, base, offer.file)

    def entry(self, class_name: str) -> RegisteredClass:
        """Return what is known of a class on offer.

        Raises:
            UnknownClassError: a KeyError; no class has this name, and the text says which do.
        """
        self._look_once()
        if class_name not in self._offers:
            offered = ", ".join(sorted(self._offers)) or "none"
            noun = self.base.partition(":")[2]
            raise UnknownClassError(f"no {noun} class is called {class_name}; there are: {offered}")
        return self._offers[class_name]

    def errors(self) -> builtins.list[LoadError]:
        """Return what is wrong now, a broken file or a name defined twice, by file."""
        self._look_once()
        broken = [
            replace(entry.error, last_good=bool(entry.classes))
            for entry in self._files.values()
            if entry.error is not None
        ]
        return sorted(
            [*self._refused, *broken, *self._conflicts], key=lambda e: (e.file, e.line or 0)
        )

    def _look_once(self) -> None:
        if not self._look_count:
            self.refresh()

    def _state(self) -> tuple[dict[str, RegisteredClass], builtins.list[LoadError]]:
        return self._offers, self.errors() if self._look_count else []

    def _notice(self, paths: Sequence[Path]) -> None:
        now = time.monotonic()
        there = set(paths)
        for path in [path for path in self._files if path not in there]:
            if self._files[path].has_gone(now, self._settle_seconds):
                del self._files[path]
        order = {path: self._files.get(path) or FileEntry(path) for path in paths}
        # A file that has only just gone stays where nothing comes before it.
        self._files = order | {p: e for p, e in self._files.items() if p not in there}
        for path in paths:
            entry = self._files[path]
            if entry.has_changed(now, self._settle_seconds):
                entry.noticed_at = self._look_count
                entry.probing = self._probe.submit(
                    path, entry.content, base=self.base, kinds=self._kinds
                )

    def _settle_names(self) -> None:
        """Decide whose class a name is: a shipped file's, else that of who had it first."""
        claims: dict[str, builtins.list[FileEntry]] = {}
        for entry in self._files.values():
            for name in entry.classes:
                claims.setdefault(name, []).append(entry)
        self._conflicts = []
        offers: dict[str, RegisteredClass] = {}
        for name, entries in claims.items():
            # Sorting is stable: files noticed in one look keep the order of their places.
            entries.sort(key=lambda e: (e.path not in self.places.shipped, e.claimed_at[name]))
            owner, *others = entries
            offers[name] = owner.classes[name]
            self._conflicts += [_conflict(e.classes[name], offers[name]) for e in others]
        if offers != self._offers:
            self._offers = offers


def _conflict(claim: RegisteredClass, kept: RegisteredClass) -> LoadError:
    return conflict_error(claim.class_name, claim.file, claim.line, kept.file)
