"""What each kind of click costs the web side in processor time, whatever else the machine does.

Usage: python -m benchmarks.click_costs HOME ROUNDS, with the world as JSON on its input. Answers
clicks in this process, without a server; prints medians as JSON.
"""

import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.load_routes import CHANGE, PARTIAL, ROUTES, World
from benchmarks.own_site import django_begin

SEED = 3


def costs(home: Path, world: World, *, rounds: int) -> list[dict[str, Any]]:
    """Return of each route the milliseconds of processor and the statements that it takes."""
    django_begin(home)
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from trainer.services.access import operator_ensure

    client = Client(headers={"host": "localhost", "accept-encoding": "gzip"})
    client.force_login(operator_ensure(), backend="django.contrib.auth.backends.ModelBackend")
    found = []
    for route in (route for route in ROUTES if route.kind != CHANGE):
        chance = random.Random(SEED)
        headers = {"hx-request": "true"} if route.kind == PARTIAL else {}
        took: list[float] = []
        for number in range(rounds + 1):
            path = route.path(world, chance)
            began = time.process_time()
            answer = client.get(path, headers=headers)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}")
            if number:  # the first one compiles the templates
                took.append(1000 * (time.process_time() - began))
        with CaptureQueriesContext(connection) as asked:
            client.get(route.path(world, chance), headers=headers)
        found.append(
            {
                "kind": route.kind,
                "name": route.name,
                "cpu_ms": statistics.median(took),
                "worst_cpu_ms": max(took),
                "statements": len(asked),
            }
        )
    return found


if __name__ == "__main__":
    told = costs(Path(sys.argv[1]), World(**json.load(sys.stdin)), rounds=int(sys.argv[2]))
    print(json.dumps(told))
