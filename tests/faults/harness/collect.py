"""Reads what a run left: the database by plain SQL, the files, and charts from the API."""

import hashlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.harness.evidence import Evidence, JobFacts, Level, Row, Run
from tests.faults.harness.site import Site

BUCKET = np.dtype(
    [
        ("low_step", "<u4"),
        ("low", "<f4"),
        ("high_step", "<u4"),
        ("high", "<f4"),
        ("mean", "<f4"),
        ("count", "<u4"),
    ]
)
ROW_BUCKETS = 64
VIEW_POINTS = 100
ROOM = "checkpoints"


def evidence_collect(site: Site) -> Evidence:
    """Read everything while the site is at rest and still up."""
    return Evidence(
        answers=list(site.caller.answers),
        jobs=_jobs(site),
        calls=site.rows("SELECT id, kind, state, error, answer FROM trainer_call"),
        evals=site.rows("SELECT id, experiment_id, step FROM trainer_evalrun"),
        recipes=site.rows(
            "SELECT id, recipe_name, state, error, fence, created_at FROM trainer_reciperun"
        ),
        checkpoints=(checkpoints := site.rows("SELECT * FROM trainer_checkpoint")),
        checkpoint_problems=_checkpoint_problems(site, checkpoints),
    )


def leftovers(homes: list[Path]) -> list[str]:
    """Return the temporary files in some homes."""
    return [
        str(path)
        for home in homes
        for path in sorted(home.rglob("*"))
        if path.is_file() and _is_temporary(path)
    ]


def _is_temporary(path: Path) -> bool:
    begins = (".", "tmp", "temp-")
    return path.suffix == ".tmp" or path.name.endswith("-journal") or path.name.startswith(begins)


def _jobs(site: Site) -> list[JobFacts]:
    jobs = [JobFacts(row) for row in site.rows("SELECT * FROM trainer_job ORDER BY id")]
    events = _by_job(site, "jobevent", "id")
    commands = _by_job(site, "jobcommand", "id")
    series = _by_job(site, "lossseries", "id")
    for job in jobs:
        job.row["plan"] = _plain(job.row["plan"])
        job.events = events[job.id]
        job.commands = commands[job.id]
        for row in (*job.events, *job.commands):
            for name in ("detail", "payload"):
                row[name] = _plain(row.get(name, {}))
        job.series = series[job.id]
        where = f"WHERE job_id = {job.id} ORDER BY"
        segments = site.rows(f"SELECT * FROM trainer_losssegment {where} first_step")
        job.runs = [_run(row) for row in segments]
        levels = site.rows(f'SELECT * FROM trainer_losslevel {where} level, "index"')
        job.levels = [_level(row) for row in levels]
        path = f"/jobs/{job.id}/loss_history?max_points={VIEW_POINTS}&bands=true"
        job.view = site.caller.get(path)
    return jobs


def _by_job(site: Site, table: str, order: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in site.rows(f"SELECT * FROM trainer_{table} ORDER BY {order}"):
        found[row["job_id"]].append(row)
    return found


def _run(row: Row) -> Run:
    names = tuple(_plain(row["task_names"]))
    values = np.frombuffer(bytes(row["values"]), dtype="<f4").reshape(-1, len(names) + 1)
    assert len(values) == row["step_count"], f"segment {row['id']} is cut short"
    weights = tuple(float(weight) for weight in _plain(row["weights"]))
    return Run(row["first_step"], names, weights, values)


def _level(row: Row) -> Level:
    table = np.frombuffer(bytes(row["table"]), dtype=BUCKET).reshape(ROW_BUCKETS, -1)
    return Level(row["level"], row["index"], tuple(_plain(row["names"])), table)


def _plain(value: Any) -> Any:
    """Return JSON as values: SQLite gives its text."""
    return json.loads(value) if isinstance(value, str) else value


def _checkpoint_problems(site: Site, checkpoints: list[Row]) -> dict[int, str]:
    problems = {}
    for row in checkpoints:
        names = (row["file_name"], str(Path(row["file_name"]).with_suffix(".json")))
        try:
            tensors, meta = (_content(site, name) for name in names)
        except LookupError as error:
            problems[row["id"]] = str(error)
            continue
        inner = hashlib.sha256(tensors).digest()
        if hashlib.sha256(inner + meta).hexdigest() != row["sha256"]:
            problems[row["id"]] = "its checksum differs"
    return problems


def _content(site: Site, name: str) -> bytes:
    """Return a checkpoint's file: from the disk, or from the rows where machines share no disk."""
    if site.postgres is None:
        path = site.homes[0] / ROOM / name
        if not path.is_file():
            raise LookupError(f"{name} is not there")
        return path.read_bytes()
    chunks = site.rows(
        "SELECT c.content FROM trainer_storedchunk c JOIN trainer_storedfile f ON f.id = c.file_id "
        f"WHERE f.name = '{ROOM}/{name}' ORDER BY c.number"
    )
    if not chunks:
        raise LookupError(f"{name} is not stored")
    return b"".join(bytes(chunk["content"]) for chunk in chunks)
