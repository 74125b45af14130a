"""The trainer side's own second hand: heartbeats, and rows put right after crashes."""

import json
import logging
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import close_old_connections
from django.db.utils import Error as DatabaseError

from trainer.selectors.registry import registries_are_known
from trainer.selectors.system import jobs_held
from trainer.services.access import access_forget_old
from trainer.services.artifacts import artifacts_sweep
from trainer.services.leftovers import leftovers_sweep
from trainer.services.nodes import node_goodbye, node_heartbeat
from trainer.services.reconciler import reconcile_once
from trainer.services.warnings import warnings_announce
from trainer.services.workers import Missing

logger = logging.getLogger("acc.steward")

PERIOD_SECONDS = 1.0
# Open pages need not hear of every beat.
TOLD_EVERY = 2
# Beats this far apart mean that something held this thread up.
GAP_SECONDS = 5.0
SWEEP_SECONDS = 600.0
# After so long, a trainer side says that it is alive although its files are not all known.
READY_SECONDS = 30.0


class Steward(threading.Thread):
    """Runs once a second until told to stop; a database that is away for a while is survived."""

    def __init__(self, *, wanted_device: str, first_work: Callable[[], bool | None] | None) -> None:
        super().__init__(name="steward", daemon=True)
        self._wanted = wanted_device
        self._first_work = first_work
        self._ended = threading.Event()
        self._probe: subprocess.Popen[bytes] | None = None
        self._ready: int | None = None
        self._ready_by = time.monotonic() + READY_SECONDS
        self.jobs_here: list[int] = []  # ids of the jobs that this machine's workers hold
        self.is_online = False  # whether others could see this trainer side yet
        self.refusal = ""  # why this machine cannot do what it was told to; ends the system
        self._devices = ["cpu"]  # what every machine has; the probe says whether there is more
        self._versions: dict[str, str] = {}
        self._beats = 0
        self._warned: frozenset[str] = frozenset()
        self._missing = Missing()
        self._in_trouble = False
        self._last_beat = time.time()
        self._patient_until = 0.0
        self._next_sweep = 0.0

    def ready_from(self, pipe: int) -> None:
        """Say that this trainer side is alive once something comes through a pipe."""
        os.set_blocking(pipe, False)
        self._ready = pipe

    def devices_from(self, probe: subprocess.Popen[bytes]) -> None:
        """Use what this process (trainer.worker.devices) prints, once it ends."""
        self._probe = probe

    def run(self) -> None:
        """Beat until `end` is called."""
        while True:
            self._survive(self._beat)
            if self._ended.wait(PERIOD_SECONDS):
                break
        self._survive(node_goodbye)
        close_old_connections()

    def end(self) -> None:
        """Say goodbye and stop; returns once that is done, or after two seconds."""
        self._ended.set()
        self.join(timeout=2)

    def _beat(self) -> None:
        self._read_probe()
        if not registries_are_known():
            return  # the very first start: whoever sees a trainer online may use its classes
        is_ready = self._is_ready()
        if is_ready:
            self._beats += 1
            node_heartbeat(
                devices=self._devices,
                versions=self._versions,
                is_told=self._beats % TOLD_EVERY == 1,
            )
            self.is_online = True
        reconcile_once(trust_leases=self._leases_count(), missing=self._missing)
        self._warned = warnings_announce(told=self._warned)
        if time.monotonic() >= self._next_sweep:
            self._next_sweep = time.monotonic() + SWEEP_SECONDS
            artifacts_sweep()
            leftovers_sweep()
            access_forget_old()
        here = f"{socket.gethostname()}:"
        self.jobs_here = [job.pk for job in jobs_held() if job.worker.startswith(here)]
        if is_ready and self._first_work is not None and self._probe is None:
            work, self._first_work = self._first_work, None
            if work():
                self._first_work = work  # too early; the next beat tries again

    def _is_ready(self) -> bool:
        """Return whether a saved file would be seen at once, as who sees a trainer may expect.

        Files that hang as they load keep the trainer from its work for some seconds at most.
        """
        if self._ready is None:
            return True
        try:
            is_ready = bool(os.read(self._ready, 1))
        except BlockingIOError:
            is_ready = time.monotonic() > self._ready_by
        if is_ready:
            # The pipe stays open: who is started again writes into it again.
            self._ready = None
        return is_ready

    def _leases_count(self) -> bool:
        """Return whether an expired lease means a silent worker.

        After the database was away, or this machine asleep, workers get one lease's time to
        renew theirs. The wall clock is asked: the other one stands still in sleep.
        """
        now = time.time()
        if now - self._last_beat > GAP_SECONDS:
            self._patient_until = now + settings.ACC_LEASE_SECONDS
            self._missing = Missing()  # who was silent then may have been there
        self._last_beat = now
        return now >= self._patient_until

    def _survive(self, work: Callable[[], None]) -> None:
        try:
            work()
            self._in_trouble = False
        except DatabaseError as error:
            close_old_connections()
            if not self._in_trouble:
                logger.warning("the database is away, trying again each second: %s", error)
            self._in_trouble = True
        except Exception:
            # The trainer side must not die of one odd row; the log shows the traceback.
            if not self._in_trouble:
                logger.exception("the steward stumbled and goes on")
            self._in_trouble = True

    def _read_probe(self) -> None:
        if self._probe is None or self._probe.poll() is None:
            return
        probe, self._probe = self._probe, None
        text, _ = probe.communicate()
        if probe.returncode:
            logger.warning("the devices could not be listed; the CPU is used")
            return
        found = json.loads(text)
        self._versions = found["versions"]
        self.refusal = _refusal(found["devices"], self._wanted)
        if self.refusal:
            self._first_work = None
            return
        self._devices = _wanted_first(found["devices"], self._wanted)


def _wanted_first(devices: list[str], wanted: str) -> list[str]:
    """Return the devices with the wanted one first: the first is the one that is used."""
    if not wanted:
        return devices
    return sorted(devices, key=lambda device: not _is_wanted(device, wanted))


def _refusal(devices: list[str], wanted: str) -> str:
    """Return why the wanted device cannot be used, "" where it can."""
    if not wanted or any(_is_wanted(device, wanted) for device in devices):
        return ""
    return f"ACC_DEVICE is {wanted}, but this machine has only {', '.join(devices)}."


def _is_wanted(device: str, wanted: str) -> bool:
    return device in {wanted, f"{wanted}:0"}
