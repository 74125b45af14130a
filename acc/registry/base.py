"""BaseRegistry: the classes that files offer now, and why a file offers none."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from acc.registry.description import Parameter, describe, parameters_of
from acc.registry.errors import LoadError, UnknownClassError, conflict_error, explain
from acc.registry.source import (
    Source,
    classes_of,
    file_label,
    load_module,
    unload_module,
)

T = TypeVar("T")

SKIPPED_NAMES = ("__init__.py", "base.py", "registry.py")
# "." and "#": what editors leave beside a file; "_": private; flycheck_: an editor's linter.
SKIPPED_PREFIXES = ("_", ".", "#", "flycheck_")


@dataclass(frozen=True)
class RegisteredClass(Generic[T]):
    """A class on offer, with all that a screen or a row needs to know of it."""

    class_name: str
    module: str
    file: str
    source: str
    source_sha256: str
    description: str
    parameters: tuple[Parameter, ...]
    requires: Mapping[str, Any]
    cls: type[T]


@dataclass
class _File(Generic[T]):
    """What is known of one file: the content seen last, and the last good classes."""

    seen: bytes | None = None
    source: Source | None = None
    module: ModuleType | None = None
    classes: dict[str, type[T]] = field(default_factory=dict)
    error: LoadError | None = None


class BaseRegistry(Generic[T]):
    """Finds the concrete subclasses of one class in files, and follows the files' contents.

    `refresh` looks again; `list`, `get` and `errors` answer from the last look.

    Args:
        base: the class whose subclasses are on offer.
        builtin: files and directories of the acc package; their classes win a conflict.
        directories: directories of other people's files; they need not exist.
    """

    def __init__(
        self, base: type[T], *, builtin: Iterable[Path] = (), directories: Iterable[Path] = ()
    ) -> None:
        self._base = base
        self._places = [Path(place).resolve() for place in (*builtin, *directories)]
        self._files: dict[Path, _File[T]] = {}
        self._offers: dict[str, RegisteredClass[T]] = {}
        self._conflicts: list[LoadError] = []
        self._place_errors: list[LoadError] = []
        self.refresh()

    def refresh(self) -> bool:
        """Read every file whose content changed; return whether the offer or the errors did.

        Compares contents, not times: two saves within one tick of the clock are told
        apart, an older file put back is noticed, and a touched one costs no reload.
        """
        before = (self._offers, self.errors())
        paths = self._find_files()
        for gone in self._files.keys() - set(paths):
            self._forget(self._files.pop(gone))
        # In order of precedence: whoever comes first keeps a name that two files define.
        self._files = {path: self._files.get(path, _File()) for path in paths}
        for path, file in self._files.items():
            self._look_at(path, file)
        self._settle_names()
        return before != (self._offers, self.errors())

    def list(self) -> builtins.list[RegisteredClass[T]]:
        """Return the classes on offer, by name."""
        return [self._offers[name] for name in sorted(self._offers)]

    def get(self, class_name: str) -> type[T]:
        """Return a class on offer.

        Raises:
            UnknownClassError: a KeyError; no class has this name, and the text says which do.
        """
        return self.entry(class_name).cls

    def entry(self, class_name: str) -> RegisteredClass[T]:
        """Return what is known of a class on offer.

        Raises:
            UnknownClassError: a KeyError; no class has this name, and the text says which do.
        """
        if class_name not in self._offers:
            offered = ", ".join(sorted(self._offers)) or "none"
            raise UnknownClassError(
                f"no {self._base.__name__} class is called {class_name}; there are: {offered}"
            )
        return self._offers[class_name]

    def errors(self) -> builtins.list[LoadError]:
        """Return what is wrong now, a broken file or a name defined twice, by file."""
        broken = [file.error for file in self._files.values() if file.error is not None]
        return sorted(
            [*self._place_errors, *broken, *self._conflicts], key=lambda e: (e.file, e.line or 0)
        )

    def requires(self, cls: type[T]) -> Mapping[str, Any]:
        """Return what a class needs to be of use; a registry of tasks has more to say."""
        return {}

    def parameters(self, cls: type[T]) -> tuple[Parameter, ...]:
        """Return the constructor's parameters that a person may set."""
        return parameters_of(cls)

    def _find_files(self) -> builtins.list[Path]:
        found: dict[Path, None] = {}
        self._place_errors = []
        for place in self._places:
            try:
                candidates = sorted(place.iterdir()) if place.is_dir() else [place]
                # is_file: neither a dangling link nor a directory of that name.
                found |= {path: None for path in candidates if _counts(path) and path.is_file()}
            except OSError as error:
                self._place_errors.append(explain(error, place, last_good=False))
        return [*found]

    def _look_at(self, path: Path, file: _File[T]) -> None:
        try:
            content = path.read_bytes()
            if content == file.seen:
                return
            file.seen = content
            source = Source(path, content.decode("utf-8"))
            module = load_module(source)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # a person's file may raise anything
            file.error = explain(error, path, last_good=bool(file.classes))
            if isinstance(error, OSError):
                file.seen = None  # a file not read, or one that missed another: look again
            return
        self._forget(file)
        file.source, file.module, file.error = source, module, None
        file.classes = classes_of(module, self._base)

    def _forget(self, file: _File[T]) -> None:
        if file.module is not None:
            unload_module(file.module)

    def _settle_names(self) -> None:
        offers: dict[str, RegisteredClass[T]] = {}
        self._conflicts = []
        for source, classes in [(file.source, file.classes) for file in self._files.values()]:
            if source is None:
                continue
            for name, cls in classes.items():
                if name in offers:
                    self._conflicts.append(conflict_error(name, source, offers[name].file))
                else:
                    offers[name] = self._registered(cls, source)
        self._offers = offers

    def _registered(self, cls: type[T], source: Source) -> RegisteredClass[T]:
        known = self._offers.get(cls.__name__)
        if known is not None and known.cls is cls:
            return known
        return RegisteredClass(
            class_name=cls.__name__,
            module=source.module,
            file=file_label(source.file),
            source=source.text,
            source_sha256=source.sha256,
            description=describe(cls),
            parameters=self.parameters(cls),
            requires=self.requires(cls),
            cls=cls,
        )


def _counts(path: Path) -> bool:
    named = path.name not in SKIPPED_NAMES and not path.name.startswith(SKIPPED_PREFIXES)
    return named and path.suffix == ".py"
