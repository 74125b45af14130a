"""The watcher: wakes registries on events in their directories, and looks once a second anyway."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from watchdog.events import (
    FileClosedNoWriteEvent,
    FileOpenedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

from acc.registry.base import BaseRegistry

logger = logging.getLogger("acc.registry")

# Links, directories made anew, network and bind mounts bring no event: the sweep sees them.
SWEEP_SECONDS = 1.0
# While a change settles or a file is looked at, registries are asked again this often.
BUSY_SECONDS = 0.03

Identity = tuple[int, int]


class Watcher:
    """Follows registries until told to stop; meant for a process that does nothing else.

    Args:
        registries: what is followed.
        on_change: called with each registry once its first look is done, and whenever its
            offer or its errors change after that.
        poll: only sweep, listen to no events.
        sweep_seconds: how often all contents are compared, come what may.
    """

    def __init__(
        self,
        registries: Sequence[BaseRegistry[Any]],
        on_change: Callable[[BaseRegistry[Any]], None],
        *,
        poll: bool = False,
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        self._registries = registries
        self._on_change = on_change
        self._sweep_seconds = sweep_seconds
        self._bell = threading.Event()
        self._ended = False
        self._events = None if poll else _Events(self._bell)

    def run(self) -> None:
        """Follow the registries until `end` is called."""
        unreported = set(self._registries)
        next_sweep = 0.0
        try:
            while not self._ended:
                self._bell.clear()
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + self._sweep_seconds
                    self._listen()
                for registry in self._registries:
                    changed = registry.look()
                    if registry in unreported and not registry.is_busy:
                        unreported.remove(registry)
                        changed = True
                    if changed and registry not in unreported:
                        self._on_change(registry)
                busy = any(registry.is_busy for registry in self._registries)
                wait = BUSY_SECONDS if busy else next_sweep - time.monotonic()
                self._bell.wait(max(0.0, wait))
        finally:
            if self._events is not None:
                self._events.stop()

    def end(self) -> None:
        """Let `run` return soon; called from another thread."""
        self._ended = True
        self._bell.set()

    def _listen(self) -> None:
        if self._events is not None:
            places = [place for registry in self._registries for place in _places(registry)]
            self._events.follow(places)


class _Events(FileSystemEventHandler):
    """Rings the bell when something happens in one of the directories."""

    def __init__(self, bell: threading.Event) -> None:
        self._bell = bell
        self._observer = Observer()
        self._observer.daemon = True
        self._observer.start()
        self._watches: dict[tuple[Path, Identity], ObservedWatch | None] = {}

    def follow(self, directories: Sequence[Path]) -> None:
        """Listen to these directories; one that was made anew is another directory."""
        wanted = {(path, identity) for path in directories if (identity := _identity(path))}
        for key in self._watches.keys() - wanted:
            watch = self._watches.pop(key)
            if watch is not None:
                self._unschedule(watch)
        for key in wanted - self._watches.keys():
            self._watches[key] = self._schedule(key[0])

    def stop(self) -> None:
        """Listen no more."""
        self._observer.stop()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Ring; that a file was read, as registries do, is no news."""
        if not isinstance(event, FileOpenedEvent | FileClosedNoWriteEvent):
            self._bell.set()

    def _schedule(self, path: Path) -> ObservedWatch | None:
        try:
            return self._observer.schedule(self, str(path))
        except OSError as error:
            # No more watches on this machine, or the directory has just gone: the sweep goes on.
            logger.info("%s is swept once a second only: %s", path, error)
            return None

    def _unschedule(self, watch: ObservedWatch) -> None:
        try:
            self._observer.unschedule(watch)
        except KeyError:
            logger.debug("%s was no longer watched", watch.path)


def _places(registry: BaseRegistry[Any]) -> list[Path]:
    try:
        return list(registry.places.directories())
    except OSError as error:
        logger.info("a directory cannot be listed: %s", error)
        return []


def _identity(path: Path) -> Identity | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
