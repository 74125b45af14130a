"""People who click, all in one light process, and how long each click's answer took.

Usage: python -m benchmarks.operators, with what is to be done as JSON in a line of its input.
Prints a line when all are signed in, clicks from the line that it then reads on, and prints what
came of it as JSON.
"""

import http.client
import json
import random
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import numpy as np

from benchmarks.load_routes import CHANGE, PARTIAL, ROUTES, Route, World
from benchmarks.visitor import Visitor

QUANTILES = (50, 95, 99, 100)
MOST_FAILURES = 20


@dataclass
class Noted:
    """What was seen, by all of them."""

    ms: dict[Route, list[float]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[Route, list[int]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)
    failed_count: int = 0

    def click(self, visitor: Visitor, route: Route, world: World, chance: random.Random) -> None:
        """Click once, and note how long it took and what came."""
        path = route.path(world, chance)
        began = time.perf_counter()
        try:
            if route.kind == CHANGE and route.fields is not None:
                answer = visitor.send(path, **route.fields(chance))
            else:
                answer = visitor.get(path, is_partial=route.kind == PARTIAL)
        except (OSError, http.client.HTTPException) as error:
            visitor.close()
            self._fail(f"{path}: {error!r} after {time.perf_counter() - began:.1f} s")
            return
        if answer.status != HTTPStatus.OK:
            self._fail(f"{path}: {answer.status} {answer.text[:150]}")
            return
        self.ms[route].append(1000 * answer.seconds)
        self.sizes[route].append(len(answer.body))

    def _fail(self, words: str) -> None:
        self.failed_count += 1
        if len(self.failed) < MOST_FAILURES:
            self.failed.append(words)


def main() -> None:
    """Do what the input says."""
    told = json.loads(sys.stdin.readline())
    world = World(**told["world"])
    noted = Noted()
    visitors = [Visitor(link) for link in told["links"]]
    for visitor in visitors:
        visitor.get("/")  # brings the CSRF cookie
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu_began = time.monotonic(), time.process_time()
    if told["rounds"]:
        _every_route(visitors[0], world, noted, rounds=told["rounds"], seed=told["seed"])
    else:
        until = time.monotonic() + told["seconds"]
        threads = [
            threading.Thread(
                target=_click_on,
                args=(visitor, world, noted),
                kwargs={"until": until, "think": told["think"], "seed": told["seed"] + number},
            )
            for number, visitor in enumerate(visitors)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seconds = time.monotonic() - began
    cpu_seconds = time.process_time() - cpu_began
    print(json.dumps(_summary(noted) | {"seconds": seconds, "cpu_seconds": cpu_seconds}))


def _every_route(visitor: Visitor, world: World, noted: Noted, *, rounds: int, seed: int) -> None:
    """Click everything so many times, one after the other, without thinking."""
    chance = random.Random(seed)
    for number in range(rounds + 1):
        if number == 1:
            noted.ms.clear()  # the first round is the caches'
        for route in chance.sample(ROUTES, len(ROUTES)):
            noted.click(visitor, route, world, chance)


def _click_on(
    visitor: Visitor,
    world: World,
    noted: Noted,
    *,
    until: float,
    think: list[float],
    seed: int,
) -> None:
    """Click and think in turn."""
    chance = random.Random(seed)
    often = [route.often for route in ROUTES]
    time.sleep(chance.uniform(0, think[1]))
    while time.monotonic() < until:
        (route,) = chance.choices(ROUTES, often)
        noted.click(visitor, route, world, chance)
        time.sleep(chance.uniform(*think))


def _summary(noted: Noted) -> dict[str, Any]:
    kinds: dict[str, list[float]] = defaultdict(list)
    for route, ms in noted.ms.items():
        kinds[route.kind] += ms
    return {
        "clicks": sum(len(ms) for ms in noted.ms.values()),
        "failed": noted.failed,
        "failed_count": noted.failed_count,
        "kinds": {kind: _latencies(ms) for kind, ms in kinds.items()},
        "routes": [
            {
                "kind": route.kind,
                "name": route.name,
                "kB": float(np.median(noted.sizes[route])) / 1e3,
                **_latencies(noted.ms[route]),
            }
            for route in ROUTES
            if noted.ms[route]
        ],
    }


def _latencies(ms: list[float]) -> dict[str, float]:
    found = {f"p{quantile}_ms": float(np.percentile(ms, quantile)) for quantile in QUANTILES}
    return {"count": len(ms), **found}


if __name__ == "__main__":
    main()
