"""The probe: looks at a file in a forked child of a warm process, and survives whatever it does.

The warm process is the standard library's fork server with torch and acc imported, so that a
look takes milliseconds and starts from the same state each time.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from acc.registry import probe_child
from acc.registry.errors import LoadError
from acc.registry.probe_process import BUSY_FACTOR, PATIENT_AFTER, ProbeProcess
from acc.registry.source import file_label

SECONDS = 2.0
MEMORY_BYTES = 1 << 30
OUTPUT_BYTES = 1 << 20
ANSWER_BYTES = 4 << 20
OUTPUT_SHOWN = 4000
# So many files are looked at in parallel; a few that hang leave room for those that do not.
AT_ONCE = 16
# Slow imports that task files have in common: done once, before any look is timed.
WARM_MODULES = (
    "torch",
    "torchvision.transforms.v2",
    "torchmetrics",
    "sklearn",
    "scipy",
    "acc.registry.probe_child",
    "acc.tasks.classification",
    "acc.tasks.kl_divergence",
    "acc.tasks.reconstruction",
    "acc.tasks.regression",
    "acc.factor_slot_autoencoder",
    "acc.conv_vae",
    "acc.generators.shapes",
    "acc.recipes.base",
    "acc.registry.description",
    "acc.tasks.facts",
)

Looks = dict[str, "Look"]  # what a look found, by kind of class


@dataclass(frozen=True)
class Look:
    """What a look at one file found: descriptions of its classes, or what is wrong."""

    classes: tuple[dict[str, Any], ...] = ()
    error: LoadError | None = None
    ran_out_of_time: bool = False


@dataclass
class _Shared:
    """A look whose answer several registries take, each once."""

    digest: bytes
    kinds: Mapping[str, str]
    looks: Future[Looks]
    taken: set[str] = field(default_factory=set)


class Probe:
    """Looks at files, several at once, each in a process of its own."""

    def __init__(self, *, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._shared: dict[Path, _Shared] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe")
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([*WARM_MODULES])

    def submit(
        self, path: Path, content: bytes, *, base: str, kinds: Mapping[str, str]
    ) -> Future[Look]:
        """Begin to look at a file; the future never raises.

        Registries that read the same directories and name the same kinds share a look: the file
        runs once for all of them.

        Args:
            content: the file's bytes; the file itself is not read again.
            base: "package.module:Class", whose subclasses count; one of `kinds`.
            kinds: what any of the registries looks for, with the "package.module:function" that
                describes one class of it as plain data.
        """
        digest = hashlib.sha256(content).digest()
        with self._lock:
            shared = self._shared.get(path)
            if (
                shared is None
                or base in shared.taken
                or (shared.digest, shared.kinds) != (digest, kinds)
            ):
                shared = _Shared(digest, kinds, self._begin(path, content, kinds))
                self._shared[path] = shared
            shared.taken.add(base)
            if shared.taken == kinds.keys():
                del self._shared[path]
        taken: Future[Look] = Future()
        shared.looks.add_done_callback(lambda looks: taken.set_result(looks.result()[base]))
        return taken

    def _begin(self, path: Path, content: bytes, kinds: Mapping[str, str]) -> Future[Looks]:
        request: probe_child.Request = {
            "path": str(path),
            "content": content,
            "kinds": dict(kinds),
            "seconds": self._seconds,
            "longest_seconds": self._seconds * BUSY_FACTOR,
            "memory_bytes": self._memory_bytes,
        }
        return self._pool.submit(self._look, request)

    def _look(self, request: probe_child.Request) -> Looks:
        try:
            return self._supervise(request)
        except Exception as error:  # noqa: BLE001  # one file's trouble is an error row, no more
            sentence = f"the file could not be looked at: {type(error).__name__}: {error}"
            return _refused(request, sentence)

    def _supervise(self, request: probe_child.Request) -> Looks:
        answer_r, answer_w = self._context.Pipe(duplex=False)
        output_r, output_w = self._context.Pipe(duplex=False)
        with answer_r, output_r:
            with answer_w, output_w:
                process = self._context.Process(
                    target=probe_child.run, args=(request, answer_w, output_w), daemon=True
                )
                process.start()
            child = ProbeProcess(process)
            sentence = "the look was interrupted"
            try:
                sentence = self._follow(child, answer_r, output_r)
            finally:
                _end(process, kill=bool(sentence))
            process.join()
            return _result(request, child, sentence, process.exitcode)

    def _follow(self, child: ProbeProcess, answer_r: Connection, output_r: Connection) -> str:
        """Read what the child writes until it ends; return why it was cut off, "" if not."""
        pipes = {answer_r: (child.answer, ANSWER_BYTES), output_r: (child.output, OUTPUT_BYTES)}
        while True:
            child.give_way()
            had_ended = child.has_ended  # asked first: by then, all that it wrote is in the pipes
            ready = wait([*pipes, child.process.sentinel], timeout=PATIENT_AFTER)
            for pipe in [pipe for pipe in pipes if pipe in ready]:
                kept, limit = pipes[pipe]
                chunk = os.read(pipe.fileno(), 65536)
                if chunk and not kept and pipe is answer_r:
                    child.begin()
                kept += chunk
                if not chunk:
                    del pipes[pipe]
                elif len(kept) > limit:
                    return f"the file prints more than {OUTPUT_BYTES >> 20} MB as it loads"
            # Its end is believed once the pipes hold nothing more.
            if ready == [child.process.sentinel] or (had_ended and not ready):
                return ""
            # Whoever was late is not the file where it has ended or answers: we may have been.
            answers = child.process.sentinel in ready or answer_r in ready
            if not answers and not child.has_time(self._seconds):
                break
        child.ran_out_of_time = True
        return f"the file does not finish loading within {self._seconds:g} s"


@cache
def shared_probe() -> Probe:
    """Return the probe of this process; its warm process starts with the first look."""
    return Probe()


def _end(process: Any, *, kill: bool) -> None:
    """End whatever the child started, and the child itself where it does not end by itself."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if kill:
        with suppress(ProcessLookupError):
            process.kill()


def _result(
    request: probe_child.Request, child: ProbeProcess, sentence: str, exit_code: int | None
) -> Looks:
    if sentence:
        looks = _refused(request, sentence, child.output)
        late = child.ran_out_of_time
        return {base: replace(look, ran_out_of_time=late) for base, look in looks.items()}
    try:
        answer = json.loads(child.answer.decode())
    except ValueError:
        return _refused(request, _death(exit_code), child.output)
    return {base: _found(answer[base]) for base in request["kinds"]}


def _found(answer: dict[str, Any]) -> Look:
    if "error" in answer:
        return Look(error=LoadError(**answer["error"]))
    return Look(classes=tuple(answer["classes"]))


def _death(exit_code: int | None) -> str:
    if exit_code is None or exit_code >= 0:
        return f"the file ends the process as it loads: exit code {exit_code}"
    name = signal.Signals(-exit_code).name
    meaning = (signal.strsignal(-exit_code) or "").lower()
    return f"the file crashes the process as it loads: {name} ({meaning})"


def _refused(request: probe_child.Request, sentence: str, output: bytes | bytearray = b"") -> Looks:
    text = _shown(output.decode(errors="replace"), request["path"])
    # Python's own report of a crash names the innermost frame first.
    place = re.search(rf'File "{re.escape(request["path"])}", line (\d+)', text)
    error = LoadError(
        file=file_label(Path(request["path"])),
        line=int(place[1]) if place else None,
        error=sentence,
        traceback=text,
        last_good=False,
    )
    return dict.fromkeys(request["kinds"], Look(error=error))


def _shown(output: str, path: str) -> str:
    """Return the end of what a file wrote, without frames that are ours and lists of modules."""
    lines = output.partition("Extension modules:")[0].replace("\0", "\\0").splitlines()
    frames = [number for number, line in enumerate(lines) if f'File "{path}"' in line]
    end = frames[-1] + 1 if frames else len(lines)
    return "\n".join(lines[:end])[-OUTPUT_SHOWN:].strip()
