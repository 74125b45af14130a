"""What runs a person's file for the first time, in a process that nobody misses.

Loaded by the template process and forked from it for each file: see probe.py.
"""

from __future__ import annotations

import ast
import contextlib
import faulthandler
import importlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, TypedDict

from acc.registry.errors import LoadError, explain
from acc.registry.offer import storable
from acc.registry.source import (
    Source,
    classes_of,
    file_label,
    load_module,
    missing_methods,
    unfinished_classes_of,
)

# Python's stack is shown shortly before the time is up.
WARNING_SHARE = 0.75
FIRST_NICENESS = 10
# Written before the file runs, whose time is counted from then on; JSON does not mind it.
BEGINS = b"\n"


class Request(TypedDict):
    """A file to look at, and what counts in it."""

    path: str
    content: bytes
    # What counts, "package.module:Class", and "package.module:function", which describes a class.
    kinds: dict[str, str]
    seconds: float
    longest_seconds: float
    memory_bytes: int


def run(request: Request, result: Connection, output: Connection) -> NoReturn:
    """Run the file and write what it offers, or what is wrong, as JSON; then end."""
    # Whatever the file starts can be ended together with it. No session of its own: the kernel
    # may share the processor evenly among sessions, whatever their niceness.
    os.setpgid(0, 0)
    for number in (1, 2):
        os.dup2(output.fileno(), number)
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    with contextlib.suppress(OSError):
        os.nice(FIRST_NICENESS)
    _limit(request["longest_seconds"], request["memory_bytes"])
    sys.dont_write_bytecode = True
    # A crash or an endless loop shows where it is, in the output that the parent reads.
    faulthandler.enable(file=2)
    faulthandler.dump_traceback_later(request["seconds"] * WARNING_SHARE, file=2)
    os.write(result.fileno(), BEGINS)
    answer = json.dumps(storable(_answer(request))).encode()
    faulthandler.cancel_dump_traceback_later()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    while answer:
        answer = answer[os.write(result.fileno(), answer) :]
    os._exit(0)


def _answer(request: Request) -> dict[str, Any]:
    """Return, by kind, the classes that the file offers, or the error that keeps them back."""
    path = Path(request["path"])
    try:
        source = Source(path, request["content"].decode("utf-8"))
        module = load_module(source)
        lines = _class_lines(source.text)
    except BaseException as error:  # noqa: BLE001  # a person's file may raise anything
        return dict.fromkeys(request["kinds"], _error(error, path))
    return {
        base: _offer(module, base, facts, source, lines) for base, facts in request["kinds"].items()
    }


def _offer(
    module: ModuleType, base: str, facts: str, source: Source, lines: Mapping[str, int]
) -> dict[str, Any]:
    try:
        describe = imported(facts)
        found = classes_of(module, imported(base))
        unfinished = {} if found else unfinished_classes_of(module, imported(base))
        if unfinished:
            return _unfinished(unfinished, source, lines)
        return {"classes": [_described(cls, describe, source, lines) for cls in found.values()]}
    except BaseException as error:  # noqa: BLE001  # as may the classes it describes
        return _error(error, source.file)


def _unfinished(
    classes: Mapping[str, type], source: Source, lines: Mapping[str, int]
) -> dict[str, Any]:
    told = [
        f"{name} is not on offer: it lacks {', '.join(sorted(missing_methods(cls)))}"
        for name, cls in classes.items()
    ]
    error = LoadError(
        file=file_label(source.file),
        line=min((lines[name] for name in classes if name in lines), default=None),
        error="; ".join(told),
        traceback="",
        last_good=False,
    )
    return {"error": asdict(error)}


def _error(error: BaseException, path: Path) -> dict[str, Any]:
    return {"error": asdict(explain(error, path, last_good=False))}


def imported(dotted: str) -> Any:
    """Return what "package.module:name" names."""
    module, _, name = dotted.partition(":")
    return getattr(importlib.import_module(module), name)


def _described(
    cls: type, describe: Any, source: Source, lines: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "class_name": cls.__name__,
        "module": source.module,
        "file": file_label(source.file),
        "line": lines.get(cls.__name__),
        **describe(cls),
    }


def _class_lines(text: str) -> dict[str, int]:
    body = ast.parse(text.removeprefix("\ufeff")).body
    return {node.name: node.lineno for node in body if isinstance(node, ast.ClassDef)}


def _limit(seconds: float, memory_bytes: int) -> None:
    """Bound time and memory by the kernel as well: the parent may be gone when it matters."""
    if hasattr(signal, "alarm"):
        signal.alarm(2 * int(seconds) + 2)  # a parent that is only late is to be the first
    try:
        import resource
    except ImportError:  # no such limits on this system; the parent's clock still holds
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cpu = int(seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    held = _data_bytes()
    if held:
        resource.setrlimit(resource.RLIMIT_DATA, (held + memory_bytes,) * 2)


def _data_bytes() -> int:
    """Return how much private memory the process has already; 0 where that cannot be told."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0
