"""Promises about who may call, and about the classes on offer.

A check drives a running ACC, returns what it saw, in a few words, and raises AssertionError with
a sentence where a promise is not kept.
"""

from __future__ import annotations

import hashlib
import time

from acc.verification.client import wait_for
from acc.verification.world import World

BUILT_IN = {
    "ClassificationTask": "classes",
    "KLDivergenceTask": None,
    "ReconstructionTask": None,
    "RegressionTask": "float",
}
VISIBLE_SECONDS = 2.0
UNAUTHENTICATED = 4401  # a WebSocket's close code


def credentials(world: World) -> str:
    """Nothing but /health answers a stranger."""
    client = world.client
    statuses = {
        "health": client.strangers_status("/health"),
        "jobs": client.strangers_status("/jobs"),
        "a start": client.strangers_status("/train/start", method="POST"),
        "a wrong token": client.strangers_status("/jobs", token="wrong"),  # noqa: S106
    }
    expected = {"health": 200, "jobs": 401, "a start": 401, "a wrong token": 401}
    assert statuses == expected, f"a stranger gets {statuses}"
    with client.live(experiment="", token="wrong") as live:  # noqa: S106
        wait_for(lambda: live.closed, seconds=60, what="the end of a stranger's WebSocket")
    assert live.closed == UNAUTHENTICATED, f"a stranger's WebSocket ends with {live.closed}"
    assert not live.messages, f"a stranger hears {live.messages}"
    return "health 200, all else 401, WebSocket closed"


def discovery(world: World) -> str:
    """The built-in task classes are on offer, with what a form needs."""
    for name, target_type in BUILT_IN.items():
        offer = world.offered(name)
        assert offer is not None, f"{name} is not in /registry/tasks"
        assert offer["description"], f"{name} has no description"
        needs = offer["requires"]
        assert {"target_type", "decoder"} <= needs.keys(), f"{name} hints at {needs}"
        assert needs["target_type"] == target_type, f"{name} needs {needs}"
    return ", ".join(BUILT_IN)


def hot_reload(world: World) -> str:
    """A saved file's class is on offer within two seconds, and an open page is told."""
    with world.client.live(experiment="") as live:
        began = time.monotonic()
        world.save(version=1)
        wait_for(lambda: world.offered(world.class_name), seconds=VISIBLE_SECONDS, what="the class")
        seconds = time.monotonic() - began
        wait_for(
            lambda: any(world.class_name in told["added"] for told in live.of_type("registry")),
            seconds=VISIBLE_SECONDS,
            what="the live message",
        )
    return f"after {seconds:.2f} s"


def hot_edit(world: World) -> str:
    """An edited file's class is the new one within two seconds."""
    world.save(version=2)
    wanted = hashlib.sha256(world.file.read_bytes()).hexdigest()
    wait_for(
        lambda: (world.offered(world.class_name) or {}).get("source_sha256") == wanted,
        seconds=VISIBLE_SECONDS,
        what="the edited class",
    )
    words = (world.offered(world.class_name) or {})["description"]
    assert "version 2" in words, f"the description is {words!r}"
    return str(words)


def syntax_error(world: World) -> str:
    """A syntax error is reported with its line; the last good class stays; mending it helps."""
    good = world.file.read_text()
    world.file.write_text(good + "\n\ndef broken(:\n")
    error = wait_for(
        lambda: (found := world.broken()) and found["last_good"] and found,
        seconds=VISIBLE_SECONDS,
        what="the error beside the last good class",
    )
    assert error["line"] == good.count("\n") + 3, f"line {error['line']} is reported"
    assert world.offered(world.class_name), "the last good class is no longer on offer"
    assert world.client.get("/health")["trainer"] == "online", "the trainer is gone"
    world.file.write_text(good)
    wait_for(lambda: not world.broken(), seconds=VISIBLE_SECONDS, what="the error's end")
    return f"line {error['line']}: {error['error'][:60]}"


def deletion(world: World) -> str:
    """A deleted file's class is no longer on offer within two seconds."""
    began = time.monotonic()
    world.file.unlink()
    wait_for(
        lambda: world.offered(world.class_name) is None, seconds=VISIBLE_SECONDS, what="its end"
    )
    return f"after {time.monotonic() - began:.2f} s"
