"""A job as a run of the harness finds it in the database, with nothing wrong."""

import numpy as np

from tests.faults.harness.collect import BUCKET
from tests.faults.harness.evidence import JobFacts, Level, Run

STEPS = 4200
CHANGE = 4100  # the weight of "recon" changes after this step
ROW_STEPS = 4096


def losses(count, columns):
    return np.random.default_rng(1).random((count, columns)).astype(np.float32)


def level_of(runs):
    """Return the row of level 1 that these runs fill, worked out bucket by bucket."""
    values = np.concatenate([run.values for run in runs])[:ROW_STEPS]
    table = np.zeros((64, values.shape[1]), dtype=BUCKET)
    for bucket, own in enumerate(values.reshape(64, 64, -1)):
        for column in range(values.shape[1]):
            table[bucket, column]["low"] = own[:, column].min()
            table[bucket, column]["high"] = own[:, column].max()
            table[bucket, column]["count"] = 64
    return Level(1, 0, ("recon", "kl", ""), table)


def summary(name, values):
    return {
        "task_name": name,
        "is_total": not name,
        "count": len(values),
        "nonfinite_count": 0,
        "last_step": STEPS,
        "last": float(values[-1]),
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "mean": float(values.mean(dtype=np.float64)),
    }


def band(values):
    width = 2100
    parts = values.reshape(2, width)
    return {
        "first_step": [1, width + 1],
        "last_step": [width, 2 * width],
        "low": [float(part.min()) for part in parts],
        "high": [float(part.max()) for part in parts],
        "count": [width, width],
    }


def event(number, kind, step=0, command=None, **detail):
    return {"id": number, "kind": kind, "step": step, "command_id": command, "detail": detail}


def command(number, kind, state, step, *, why, reason=""):
    return {
        "id": number,
        "kind": kind,
        "state": state,
        "applied_step": step,
        "why": why,
        "reason": reason,
    }


def job():
    """Return a job that was killed once, steered twice and refused once."""
    values = losses(STEPS, 3)
    runs = [
        Run(1, ("recon", "kl"), (1.0, 0.1), values[:CHANGE]),
        Run(CHANGE + 1, ("recon", "kl"), (2.0, 0.1), values[CHANGE:]),
    ]
    names = ("recon", "kl", "")
    tasks = [
        {"name": "recon", "weight": 1.0, "enabled": True},
        {"name": "kl", "weight": 0.1, "enabled": True},
    ]
    return JobFacts(
        row={
            "id": 1,
            "state": "completed",
            "current_step": STEPS,
            "total_steps": STEPS,
            "fence": 3,
            "error": "",
            "plan": {"tasks": tasks},
        },
        events=[
            event(1, "queued"),
            event(2, "started"),
            event(3, "interrupted", 90),
            event(4, "resumed_from_checkpoint", 80),
            event(5, "set_lr", 3000, 1),
            event(6, "refused", 3000, 2, task="kl"),
            event(7, "set_weight", CHANGE, 3, task="recon", old=1.0, new=2.0),
            event(8, "completed", STEPS),
        ],
        commands=[
            command(1, "set_lr", "applied", 3000, why="a"),
            command(2, "restore_task", "refused", 3000, why="b", reason="nothing of that name"),
            command(3, "set_weight", "applied", CHANGE, why="c"),
            command(4, "pause", "refused", STEPS, why="d", reason="the job ended first"),
        ],
        series=[summary(name, values[:, column]) for column, name in enumerate(names)],
        runs=runs,
        levels=[level_of(runs)],
        view={"bands": {name: band(values[:, column]) for column, name in enumerate(names)}},
    )
