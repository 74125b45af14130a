"""What a run was and what it found: as text, and as JSON for machines."""

import statistics
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.faults.harness.evidence import Evidence
from tests.faults.harness.faults import NOT_DONE, Fault

MOST_SHOWN = 12


@dataclass(frozen=True)
class Injected:
    """One fault that was injected.

    Attributes:
        at: seconds after the beginning.
        seconds: how long it lasted, doing and undoing included.
        told: to whom it was done.
        online: seconds from its end until the site was online; None if it never was.
        stepping: seconds from its end until new losses were stored; None where no job was at work.
    """

    kind: str
    at: float
    seconds: float
    told: str
    online: float | None
    stepping: float | None = None

    @property
    def was_done(self) -> bool:
        """Whether there was somebody to do it to."""
        return not self.told.startswith(NOT_DONE)


@dataclass
class Report:
    """Everything that a run tells."""

    flavour: str
    seed: int
    minutes: float
    faults: dict[str, Fault]
    left_out: dict[str, str]
    injected: list[Injected] = field(default_factory=list)
    violations: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    kept: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the report for machines."""
        return {
            "flavour": self.flavour,
            "seed": self.seed,
            "minutes": round(self.minutes, 2),
            "faults": self._table(),
            "left_out": self.left_out,
            "figures": self.figures,
            "violations": self.violations,
            "kept": self.kept,
        }

    def as_text(self) -> str:
        """Return the report for people."""
        done = sum(one.was_done for one in self.injected)
        rate = done / max(self.minutes, 0.01)
        what = f"{self.flavour}, seed {self.seed}: {self.minutes:.1f} minutes"
        lines = [f"{what}, {done} faults, {rate:.1f} a minute"]
        columns = ("online_worst", "steps_median", "steps_worst")
        lines.append(
            f"{'fault':<18}{'times':>6}{'online after':>14}{'steps after':>13}{'worst':>9}"
        )
        for kind, row in self._table().items():
            shown = ["-" if row[name] is None else f"{row[name]:.1f} s" for name in columns]
            lines.append(f"{kind:<18}{row['times']:>6}{shown[0]:>14}{shown[1]:>13}{shown[2]:>9}")
        lines += [f"left out: {kind}: {sentence}" for kind, sentence in self.left_out.items()]
        lines += [f"{name}: {value}" for name, value in self.figures.items()]
        for name, wrong in self.violations.items():
            lines.append(f"VIOLATED: {name} ({len(wrong)})")
            lines += [f"    {told}" for told in wrong[:MOST_SHOWN]]
        if not self.violations:
            lines.append("every invariant held")
        if self.kept:
            lines.append(f"what the run left is in {self.kept}")
        return "\n".join(lines)

    def _table(self) -> dict[str, dict[str, Any]]:
        table = {}
        for kind in sorted(self.faults):
            own = [one for one in self.injected if one.kind == kind and one.was_done]
            online = [one.online for one in own if one.online is not None]
            steps = [one.stepping for one in own if one.stepping is not None]
            table[kind] = {
                "what": self.faults[kind].what,
                "times": len(own),
                "online_worst": round(max(online), 2) if online else None,
                "steps_median": round(statistics.median(steps), 2) if steps else None,
                "steps_worst": round(max(steps), 2) if steps else None,
            }
        return table


def figures(found: Evidence) -> dict[str, Any]:
    """Return how much was going on during a run."""
    states = Counter(job.row["state"] for job in found.jobs)
    commands = [command for job in found.jobs for command in job.commands]
    outcomes = Counter(command["state"] for command in commands)
    statuses = Counter(str(answer.status or "no answer") for answer in found.answers)
    return {
        "jobs": {"all": len(found.jobs), **dict(sorted(states.items()))},
        "steps": sum(job.row["current_step"] for job in found.jobs),
        "taken up again": sum(
            event["kind"] == "resumed_from_checkpoint" for job in found.jobs for event in job.events
        ),
        "commands": {"all": len(commands), **dict(sorted(outcomes.items()))},
        "evaluations": len(found.evals),
        "recipe runs": dict(Counter(row["state"] for row in found.recipes)),
        "checkpoints": len(found.checkpoints),
        "answers": {"all": len(found.answers), **dict(sorted(statuses.items()))},
    }
