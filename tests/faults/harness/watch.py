"""How soon jobs go on after a fault: looks several times a second at what they store."""

import contextlib
import sqlite3
import threading
import time
from dataclasses import dataclass

import psycopg

from tests.faults.harness.site import Site

LOOK_SECONDS = 0.3


@dataclass(frozen=True)
class Look:
    """What was seen at a moment of the monotonic clock.

    Attributes:
        newest: the number of the newest stored stretch of losses.
        at_work: whether a job is running, or waits to.
    """

    at: float
    newest: int
    at_work: bool


class Watch(threading.Thread):
    """Keeps what it sees until it is told to end."""

    def __init__(self, site: Site) -> None:
        super().__init__(name="watch", daemon=True)
        self.looks: list[Look] = []
        self.ended = threading.Event()
        self._site = site

    def run(self) -> None:
        """Look; a database that is away is looked at again."""
        while not self.ended.wait(LOOK_SECONDS):
            with contextlib.suppress(sqlite3.Error, psycopg.Error):
                self.looks.append(self._look())

    def _look(self) -> Look:
        (row,) = self._site.rows(
            "SELECT (SELECT max(id) FROM trainer_losssegment) AS newest, (SELECT count(*) FROM "
            "trainer_job WHERE state IN ('running', 'queued', 'interrupted')) AS at_work"
        )
        return Look(time.monotonic(), row["newest"] or 0, bool(row["at_work"]))


def seconds_until_steps(looks: list[Look], moment: float) -> float | None:
    """Return how long after a moment new losses were stored; None where no job was at work."""
    before = [look for look in looks if look.at <= moment]
    newest = before[-1].newest if before else 0
    for look in looks:
        if look.at > moment:
            if look.newest > newest:
                return look.at - moment
            if not look.at_work:
                return None
    return None
