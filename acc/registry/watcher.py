"""The watcher: wakes registries on events in their directories, and looks once a second anyway."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchdog.events import (
    EVENT_TYPE_DELETED,
    EVENT_TYPE_MOVED,
    DirCreatedEvent,
    DirDeletedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
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

# Of many files that change at once, what is known is reported this often.
GATHER_SECONDS = 0.25

# All but that a file was opened or closed unchanged, as registries do to every file at each look:
# asked for, these would keep the observer busier than the changes do.
NEWS: list[type[FileSystemEvent]] = [
    *(FileCreatedEvent, FileModifiedEvent, FileClosedEvent, FileMovedEvent, FileDeletedEvent),
    *(DirCreatedEvent, DirModifiedEvent, DirMovedEvent, DirDeletedEvent),
]

Identity = tuple[int, int]


class Watcher:
    """Follows registries until told to stop; meant for a process that does nothing else.

    Args:
        registries: what is followed.
        on_change: called with each registry once its first look is done (at once where it
            remembers classes), and whenever its offer or its errors change after that.
        on_ready: called once, when everything was looked at and a change would be seen at once.
        poll: only sweep, listen to no events.
        sweep_seconds: how often all contents are compared, come what may.
        on_sweep: called before each of these comparisons.
    """

    def __init__(
        self,
        registries: Sequence[BaseRegistry[Any]],
        on_change: Callable[[BaseRegistry[Any]], None],
        *,
        on_ready: Callable[[], None] = lambda: None,
        poll: bool = False,
        sweep_seconds: float = SWEEP_SECONDS,
        on_sweep: Callable[[], None] = lambda: None,
    ) -> None:
        self._registries = registries
        # What the last run knew may be corrected at once; an empty offer may not be told of files
        # that nobody has looked at yet.
        self._reports = [_Report(each, is_first=not each.has_offers) for each in registries]
        self._on_change = on_change
        self._on_ready: Callable[[], None] | None = on_ready
        self._sweep_seconds = sweep_seconds
        self._on_sweep = on_sweep
        self._bell = threading.Event()
        self._ended = False
        self._events = None if poll else _Events(self._bell)

    def run(self) -> None:
        """Follow the registries until `end` is called."""
        next_sweep = 0.0
        try:
            while not self._ended:
                self._bell.clear()
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + self._sweep_seconds
                    self._listen()
                    self._on_sweep()
                for report in self._reports:
                    report.look(self._on_change)
                busy = any(report.is_awaited for report in self._reports)
                if not busy and self._on_ready is not None:
                    self._on_ready()
                    self._on_ready = None
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


@dataclass
class _Report:
    """What is still to be said of one registry."""

    registry: BaseRegistry[Any]
    is_first: bool  # nothing was known before, so the first look is told as a whole
    is_due: bool = True  # the first look is always reported
    reported_at: float = 0.0

    @property
    def is_awaited(self) -> bool:
        """Whether there will soon be something to say."""
        return self.is_due or self.registry.is_busy

    def look(self, on_change: Callable[[BaseRegistry[Any]], None]) -> None:
        """Look, and report a change unless more of them are just coming in."""
        self.is_due = self.registry.look() or self.is_due
        if self.registry.is_busy and (
            self.is_first or time.monotonic() - self.reported_at < GATHER_SECONDS
        ):
            return
        if self.is_due:
            self.is_due = self.is_first = False
            on_change(self.registry)
            self.reported_at = time.monotonic()


class _Events(FileSystemEventHandler):
    """Rings the bell when something happens in one of the directories."""

    def __init__(self, bell: threading.Event) -> None:
        self._bell = bell
        self._observer = Observer()
        self._observer.daemon = True
        self._observer.start()
        self._watches: dict[tuple[Path, Identity], ObservedWatch | None] = {}
        self._deleted: set[str] = set()

    def follow(self, directories: Sequence[Path]) -> None:
        """Listen to these directories; one that was made anew is another directory."""
        wanted = {(path, identity) for path in directories if (identity := _identity(path))}
        # A directory made anew may have the number of the one that was deleted.
        deleted = {key for key in self._watches if str(key[0]) in self._deleted}
        self._deleted.clear()
        for key in (self._watches.keys() - wanted) | deleted:
            watch = self._watches.pop(key)
            if watch is not None:
                self._unschedule(watch)
        for key in wanted - self._watches.keys():
            self._watches[key] = self._schedule(key[0])

    def stop(self) -> None:
        """Listen no more."""
        self._observer.stop()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Ring, and remember what went away."""
        if event.event_type in {EVENT_TYPE_DELETED, EVENT_TYPE_MOVED}:
            self._deleted.add(os.fsdecode(event.src_path))
        self._bell.set()

    def _schedule(self, path: Path) -> ObservedWatch | None:
        try:
            return self._observer.schedule(self, str(path), event_filter=NEWS)
        except OSError as error:
            # No more watches on this machine, or the directory has just gone: the sweep goes on.
            logger.info("%s is swept once a second only: %s", path, error)
            return None

    def _unschedule(self, watch: ObservedWatch) -> None:
        try:
            self._observer.unschedule(watch)
        except (KeyError, OSError):
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
