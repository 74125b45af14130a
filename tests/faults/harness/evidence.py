"""What a run leaves behind, as plain values: the invariants look at nothing else."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.faults.harness.http import Answer

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One stored segment, unpacked as trainer/models/loss.py says; the total is the last column."""

    first_step: int
    names: tuple[str, ...]
    weights: tuple[float, ...]
    values: NDArray[np.float32]


@dataclass(frozen=True)
class Level:
    """One stored row of a level of detail: columns low, high and count, a row a bucket."""

    level: int
    index: int
    names: tuple[str, ...]
    table: NDArray[np.void]


@dataclass
class JobFacts:
    """All that is stored about one job.

    Attributes:
        view: its curves as a chart gets them, with the buckets; None where that was refused.
    """

    row: Row
    events: list[Row] = field(default_factory=list)
    commands: list[Row] = field(default_factory=list)
    series: list[Row] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    view: Row | None = None

    @property
    def id(self) -> int:
        """Its number."""
        return int(self.row["id"])

    def points(self) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Return the steps and the losses of each series; the total is called ""."""
        parts: dict[str, list[tuple[NDArray[np.int64], NDArray[np.float32]]]] = {}
        for run in self.runs:
            steps = np.arange(run.first_step, run.first_step + len(run.values))
            for column, name in enumerate((*run.names, "")):
                parts.setdefault(name, []).append((steps, run.values[:, column]))
        return {
            name: (np.concatenate([s for s, _ in own]), np.concatenate([v for _, v in own]))
            for name, own in parts.items()
        }


@dataclass
class Evidence:
    """Everything that the invariants look at.

    Attributes:
        checkpoint_problems: what is wrong with a checkpoint's files, by its number.
        leftovers: temporary files, after the last stop.
        orphans: processes, after the last stop.
        unrecovered: faults after which the site did not come back.
        exit_codes: of each tree's Ctrl-C; None where it had to be killed.
    """

    answers: list[Answer] = field(default_factory=list)
    jobs: list[JobFacts] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    evals: list[Row] = field(default_factory=list)
    recipes: list[Row] = field(default_factory=list)
    checkpoints: list[Row] = field(default_factory=list)
    checkpoint_problems: dict[int, str] = field(default_factory=dict)
    leftovers: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    unrecovered: list[str] = field(default_factory=list)
    exit_codes: dict[str, int | None] = field(default_factory=dict)
