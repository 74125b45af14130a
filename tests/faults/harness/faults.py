"""What is done to a running site: each fault, how it is done and undone, and how long it lasts."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import psutil
import psycopg
from redis.exceptions import RedisError

from tests.faults.harness.site import Site

# Gives a fault while it lasts; what it yields says to whom it was done.
Inject = Callable[[Site, float, float], AbstractContextManager[str]]
BOTH = ("sqlite", "postgres")
NOT_DONE = "could not be done"


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        what: what is done, for the report.
        seconds: the shortest and the longest time that it lasts.
        inject: does it, and undoes it on leaving; gets the site, a number in [0, 1) that picks
            the victim, and how long it will last.
        need: what the machine must have for it; "" for nothing.
    """

    kind: str
    what: str
    seconds: tuple[float, float]
    inject: Inject
    flavours: tuple[str, ...] = BOTH
    need: str = ""


FAULTS: dict[str, Fault] = {}


def fault(
    kind: str,
    what: str,
    *,
    seconds: tuple[float, float] = (0.0, 0.0),
    flavours: tuple[str, ...] = BOTH,
    need: str = "",
) -> Callable[[Callable[[Site, float, float], Iterator[str]]], Inject]:
    """Put a generator function among the faults: what is before its yield does, the rest undoes."""

    def register(function: Callable[[Site, float, float], Iterator[str]]) -> Inject:
        inject = contextlib.contextmanager(function)
        FAULTS[kind] = Fault(kind, what, seconds, inject, flavours, need)
        return inject

    return register


def faults_for(flavour: str) -> dict[str, Fault]:
    """Return the faults that a flavour can have."""
    # Here: these modules register what they define.
    from tests.faults.harness import (  # noqa: F401
        faults_machine,
        faults_processes,
        faults_services,
    )

    return {kind: found for kind, found in FAULTS.items() if flavour in found.flavours}


def apply(found: Fault, site: Site, *, pick: float, seconds: float) -> str:
    """Inject a fault for so long; return to whom it was done, or why it could not be."""
    try:
        with found.inject(site, pick, seconds) as told:
            time.sleep(seconds)
    except (psycopg.Error, sqlite3.Error, RedisError, psutil.Error) as error:
        # The fault before it is not over yet: there was nobody to ask for a victim.
        return f"{NOT_DONE}: {' '.join(str(error).split())[:100]}"
    return told
