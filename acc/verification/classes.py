"""Promises about the classes on offer: each a function that drives a running ACC.

A check returns what it saw, in a few words, and raises AssertionError with a sentence where a
promise is not kept.
"""

from __future__ import annotations

import time

from acc.verification.client import wait_for
from acc.verification.world import World

BUILT_IN = ("ClassificationTask", "KLDivergenceTask", "ReconstructionTask", "RegressionTask")
VISIBLE_SECONDS = 2.0


def credentials(world: World) -> str:
    """Nothing but /health answers a stranger."""
    statuses = {
        path: world.client.status_without_credentials(path) for path in ("/health", "/jobs")
    }
    assert statuses == {"/health": 200, "/jobs": 401}, f"a stranger gets {statuses}"
    return "health 200, jobs 401"


def discovery(world: World) -> str:
    """The built-in task classes are on offer, with what a form needs."""
    for name in BUILT_IN:
        offer = world.offered(name)
        assert offer is not None, f"{name} is not in /registry/tasks"
        assert offer["description"], f"{name} has no description"
        assert {"target_type", "decoder"} <= offer["requires"].keys(), f"{name} hints at nothing"
    needs = {name: (world.offered(name) or {})["requires"]["target_type"] for name in BUILT_IN}
    assert needs["ClassificationTask"] == "classes", f"requirements: {needs}"
    assert needs["RegressionTask"] == "float", f"requirements: {needs}"
    return ", ".join(BUILT_IN)


def hot_reload(world: World) -> str:
    """A saved file's class is on offer within two seconds, and an open page is told."""
    with world.client.live(experiment="") as live:
        began = time.monotonic()
        world.save("version one")
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
    before = world.offered(world.class_name) or {}
    world.save("version two")

    def changed() -> bool:
        now = world.offered(world.class_name) or before
        return bool(now["source_sha256"] != before["source_sha256"])

    wait_for(changed, seconds=VISIBLE_SECONDS, what="the edited class")
    words = (world.offered(world.class_name) or {})["description"]
    assert "version two" in words, f"the description is {words!r}"
    return str(words)


def syntax_error(world: World) -> str:
    """A syntax error is reported with its line; the last good class stays; mending it helps."""
    good = world.file.read_text()
    world.file.write_text(good + "\n\ndef broken(:\n")
    error = wait_for(world.broken, seconds=VISIBLE_SECONDS, what="the error")
    assert error["line"] == good.count("\n") + 3, f"line {error['line']} is reported"
    assert error["last_good"], "the last good class is not kept"
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
