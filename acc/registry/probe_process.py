"""One look in progress: what its process wrote so far, and how much processor it may have."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

# A look takes a few hundredths of a second; one that computes longer gives way to the training.
PATIENT_AFTER = 0.1
PATIENT_NICENESS = 19
# On a busy machine a look may take so many times as long, until it had half its time of processor.
BUSY_FACTOR = 15.0
# For a processor, or for the disk; a file that sleeps does neither, however often one looks.
IDLE_LOOKS = 3
WAITING = {psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP}
ENDED = {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}


@dataclass
class ProbeProcess:
    """One look in progress."""

    process: Any
    answer: bytearray = field(default_factory=bytearray)
    output: bytearray = field(default_factory=bytearray)
    started_at: float = field(default_factory=time.monotonic)
    is_patient: bool = False
    idle_looks: int = 0
    ran_out_of_time: bool = False

    @property
    def age(self) -> float:
        """For how long its file has run; before that, for how long it has not begun."""
        return time.monotonic() - self.started_at

    def begin(self) -> None:
        """Count its time from now on: its file begins."""
        self.started_at, self.idle_looks = time.monotonic(), 0

    @property
    def cpu_seconds(self) -> float:
        """How long it has computed; 0 where that can no longer be told."""
        with suppress(psutil.Error):
            used = psutil.Process(self.process.pid).cpu_times()
            return float(used.user + used.system)
        return 0.0

    @property
    def status(self) -> str:
        """What the kernel says of it, STATUS_DEAD once it is gone, "" where that is not told."""
        try:
            return str(psutil.Process(self.process.pid).status())
        except psutil.NoSuchProcess:
            return str(psutil.STATUS_DEAD)
        except psutil.Error:
            return ""

    @property
    def has_ended(self) -> bool:
        """Whether it is over; on a busy machine the warm process learns of it seconds later."""
        return self.status in ENDED

    def give_way(self) -> None:
        """Leave the processor to others once it used more of it than a look takes."""
        if self.is_patient or self.age < PATIENT_AFTER or self.cpu_seconds < PATIENT_AFTER:
            return
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.process.pid, PATIENT_NICENESS)
            self.is_patient = True

    def has_time(self, seconds: float) -> bool:
        """Look at it; return whether it may go on: so long, or while it waits for a processor."""
        if self.age < seconds:
            return True
        if self.age > seconds * BUSY_FACTOR or self.cpu_seconds > seconds / 2:
            return False
        self.idle_looks = 0 if self.status in WAITING | ENDED else self.idle_looks + 1
        return self.idle_looks < IDLE_LOOKS
