"""A chart asked of the API as the page asks it: of a long job, and of one a hundred times as long.

Run as a process of its own, in a throw-away ACC_HOME; prints JSON.
"""

import argparse
import gzip
import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.own_site import (
    TASKS,
    WEIGHTS,
    WebSide,
    django_begin,
    job_make,
    losses_make,
    web_side,
)

# What a page 1,280 pixels wide asks for (curves.js: maxPoints).
MAX_POINTS = 2400
REQUESTS = 21


def main() -> None:
    """Store two jobs and ask for their charts in turn; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, nargs="+", default=[100_000, 10_000_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acc-bench-", ignore_cleanup_errors=True) as home:
        django_begin(Path(home))
        jobs = {steps: _stored(steps) for steps in options.steps}
        with web_side(Path(home)) as web:
            print(json.dumps(_asked(web, jobs)))


def _stored(steps: int) -> int:
    """Store a job as a recorder leaves it: merged segments, and every level of detail."""
    from trainer.selectors.loss_runs import LossRun
    from trainer.services.durability import commits_need_not_wait
    from trainer.services.loss_levels import LevelWriter
    from trainer.services.losses import losses_append
    from trainer.worker.recorder import SEGMENT_STEPS

    job = job_make(f"chart-{steps}", steps=steps)
    values_ST = losses_make(steps)
    levels = LevelWriter(job)
    with commits_need_not_wait():
        for start in range(0, steps, SEGMENT_STEPS):
            run = LossRun(start + 1, TASKS, WEIGHTS, values_ST[start : start + SEGMENT_STEPS], None)
            losses_append(job=job, run=run)
            levels.add(run)
            levels.write()
    return int(job.pk)


def _asked(web: WebSide, jobs: dict[int, int]) -> dict[str, Any]:
    seconds: dict[int, list[float]] = {steps: [] for steps in jobs}
    bodies = {}
    for _ in range(REQUESTS):
        for steps, job in jobs.items():
            path = f"/jobs/{job}/loss_history?max_points={MAX_POINTS}&bands=true"
            took, bodies[steps] = web.get(path)
            seconds[steps].append(took)
    shortest, longest = min(jobs), max(jobs)
    return {
        "max_points": MAX_POINTS,
        "charts": {
            str(steps): {
                "ms": 1000 * median(seconds[steps]),
                "bytes": len(bodies[steps]),
                "bytes_unpacked": len(_unpacked(bodies[steps])),
            }
            for steps in jobs
        },
        "ratio": median(seconds[longest]) / median(seconds[shortest]),
    }


def _unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


if __name__ == "__main__":
    main()
