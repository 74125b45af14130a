"""Source text as content: its hash, and a fresh module or a class made from it.

Nothing here reloads. importlib.reload keeps names that the file no longer has, and the
import system's .pyc check sees whole seconds and sizes, so that a quick edit of the same
length would run old code. Text is compiled here, into a new module each time.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import linecache
import sys
import time
from abc import ABC
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")

PACKAGE_ROOT = Path(__file__).resolve().parents[1]
# What was imported before this moment, from a file last touched before it, is what the file says.
_STARTED_NS = time.time_ns()


@dataclass(frozen=True)
class Source:
    """The text of one file, exactly as it was when it was read."""

    file: Path
    text: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the text in UTF-8, hexadecimal."""
        return content_hash(self.text)

    @property
    def module(self) -> str:
        """The dotted name by which people know the file: acc.tasks.classification, or my_task."""
        return ".".join(filter(None, (self.package, self.file.stem)))

    @property
    def package(self) -> str:
        """The package the file lies in, for relative imports; "" outside of acc."""
        if not self.file.is_relative_to(PACKAGE_ROOT):
            return ""
        return ".".join(self.file.relative_to(PACKAGE_ROOT.parent).parent.parts)


def content_hash(text: str) -> str:
    """Return the SHA-256 of the text in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_label(file: Path) -> str:
    """Return a file's name as people and rows have it: acc/tasks/x.py, or an absolute path."""
    inside = file.is_relative_to(PACKAGE_ROOT)
    return str(file.relative_to(PACKAGE_ROOT.parent) if inside else file)


def read_source(file: Path) -> Source:
    """Read a file without touching its line ends, so that the hash is that of its bytes.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not UTF-8.
    """
    return Source(file, file.read_bytes().decode("utf-8"))


def load_module(source: Source) -> ModuleType:
    """Return a module that has run the text: the imported one, or else a new one.

    A file of the acc package that did not change since this process began gives the module
    that `import` gives, so that `isinstance` holds in a notebook; all else is run afresh.

    Raises:
        SyntaxError, ValueError: the text is no Python; nothing was run.
        BaseException: whatever the text raises.
    """
    text = source.text.removeprefix("\ufeff")
    # Looked at before anything runs, and before the import system can word it differently.
    ast.parse(text, filename=str(source.file))
    if _is_as_imported(source):
        return importlib.import_module(source.module)
    return _run(source, text)


def load_class_from_source(text: str, class_name: str, base: type[T], file: str | Path) -> type[T]:
    """Return the class from stored text, wherever this process runs: no file is needed.

    The same text gives the same class within one process.

    Args:
        text: the file's whole text.
        class_name: the class wanted from it.
        base: what the class has to be a subclass of.
        file: the file's label; a relative one lies in the acc package, wherever that is here.

    Raises:
        LookupError: the text defines no such subclass of `base`.
        BaseException: whatever the text raises.
    """
    module = _stored_module(Source(PACKAGE_ROOT.parent / file, text))
    found = classes_of(module, base).get(class_name)
    if found is None:
        raise LookupError(
            f"the stored text of {file} defines no {base.__name__} of the name {class_name}"
        )
    return found


def classes_of(module: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Return the concrete subclasses of `base` which the module itself defines, by name."""
    own = _subclasses_of(module, base)
    return {name: cls for name, cls in own.items() if not missing_methods(cls)}


def unfinished_classes_of(module: ModuleType, base: type[T]) -> dict[str, type[T]]:
    """Return the subclasses of `base` that the module seems to have meant to offer, by name.

    They lack methods, do not say that they are abstract, and nothing in the module builds on them.
    """
    own = _subclasses_of(module, base)
    return {
        name: cls
        for name, cls in own.items()
        if missing_methods(cls)
        and ABC not in cls.__bases__
        and not missing_methods(cls) & vars(cls).keys()
        and not any(issubclass(other, cls) for other in own.values() if other is not cls)
    }


def missing_methods(cls: type) -> frozenset[str]:
    """Return the abstract methods that a class leaves open."""
    return frozenset(getattr(cls, "__abstractmethods__", ()))


def _subclasses_of(module: ModuleType, base: type[T]) -> dict[str, type[T]]:
    return {
        value.__name__: value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, base)
        and value is not base
        and value.__module__ == module.__name__  # not a class that it merely imports
    }


@cache
def _stored_module(source: Source) -> ModuleType:
    return load_module(source)


def _run(source: Source, text: str) -> ModuleType:
    place = content_hash(str(source.file.parent))[:8]
    # One word outside of acc: to unpickle, Python imports each part before a dot.
    prefix = f"{source.package}." if source.package else f"acc_files_{place}_"
    name = f"{prefix}{source.file.stem.replace('.', '_')}__{source.sha256[:16]}"
    module = ModuleType(name)
    module.__file__ = str(source.file)
    module.__package__ = source.package
    # dont_inherit: else this module's own __future__ imports would hold for the text, too.
    code = compile(text, str(source.file), "exec", dont_inherit=True)
    # With no time in it, the entry outlives linecache.checkcache: tracebacks show this text.
    linecache.cache[str(source.file)] = (
        len(text),
        None,
        text.splitlines(keepends=True),
        str(source.file),
    )
    replaced = sys.modules.get(name)
    # Dataclasses look here while the text runs; pickle and inspect as long as it is in use.
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)  # noqa: S102  # to run the operator's code is the purpose
    except BaseException:
        if replaced is None:
            del sys.modules[name]
        else:
            sys.modules[name] = replaced
        raise
    return module


def _is_as_imported(source: Source) -> bool:
    """Tell whether an import gives exactly this text."""
    if not source.package or not source.module.replace(".", "_").isidentifier():
        return False
    try:
        status = source.file.stat()
        unchanged = max(status.st_mtime_ns, status.st_ctime_ns) < _STARTED_NS
        return unchanged and read_source(source.file).sha256 == source.sha256
    except (OSError, UnicodeDecodeError):
        return False
