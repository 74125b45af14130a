"""What the panel of evaluations needs: the newest numbers, how good they are, where they go."""

from dataclasses import dataclass
from typing import Any

from dashboard.call_state import call_state
from dashboard.sparkline import Sparkline, sparkline
from dashboard.templatetags.figures import loss
from dashboard.texts import metric_text
from trainer.models import Call, EvalResult, EvalRun, Experiment, Job
from trainer.selectors.evals import better_of, evals_earlier, evals_of
from trainer.selectors.experiments import cards_of
from trainer.selectors.jobs import job_active
from trainer.selectors.nodes import trainer_is_online

RUNS_SHOWN = 5
# A smaller change than this share of the value before is none.
STEADY = 0.005
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Trend:
    """Where a metric went since the evaluation before."""

    word: str
    arrow: str
    verdict: str


@dataclass(frozen=True)
class MetricRow:
    """One metric of the newest evaluation, and its last values.

    Attributes:
        better: which direction is, "higher" or "lower"; empty where nobody said.
        difference: to the evaluation that it is compared with, the change as its word's head.
        history: its last values in words, the newest last.
    """

    result: EvalResult
    better: str
    verdict: str
    trend: Trend | None
    difference: Trend | None
    line: Sparkline
    history: str

    @property
    def value_text(self) -> str:
        """The value with its unit."""
        return metric_text(self.result)


@dataclass
class TaskRows:
    """The metrics of one task, and why there are no others."""

    name: str
    colour: int | None
    metrics: list[MetricRow]
    error: str = ""
    is_untrained: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether the task measures nothing and nothing is wrong with it."""
        return not self.metrics and not self.error


def eval_panel(experiment: Experiment, against: str | None = None) -> dict[str, Any]:
    """Return what `partials/eval.html` needs.

    Args:
        against: the number of the evaluation to compare the newest one with; anything else: none.
    """
    runs = evals_of(experiment, limit=RUNS_SHOWN)
    cards = cards_of(experiment)
    earlier = evals_earlier(experiment)
    chosen = next((run for run in earlier if str(run.pk) == against), None)
    job = job_active(experiment)
    return {
        "experiment": experiment,
        "eval_run": runs[0] if runs else None,
        "eval_tasks": _task_rows(runs, {card.name: card.colour for card in cards}, chosen),
        "eval_earlier": earlier,
        "eval_against": chosen,
        "eval_job": job if job is not None and job.state in Job.HELD else None,
        "eval_call": call_state(
            experiment, Call.Kind.EVAL_RUN, succeeded_at=runs[0].created_at if runs else None
        ),
        "eval_possible": any(card.enabled for card in cards),
        "trainer_online": trainer_is_online(),
    }


def verdict_of(value: float | None, good: float | None, poor: float | None) -> str:
    """Return "good", "moderate" or "poor"; empty where nothing says which."""
    if good is None or poor is None or good == poor:
        return ""
    if value is None:
        return "poor"  # not a finite number, so not one that a bound was written for
    sign = 1 if good > poor else -1
    if sign * value > sign * good:
        return "good"
    return "moderate" if sign * value >= sign * poor else "poor"


def trend_of(values: list[float | None], better: str) -> Trend | None:
    """Return where the last of the values went; None with nothing to compare it with."""
    if len(values) < 2 or values[-1] is None or values[-2] is None:
        return None
    change = values[-1] - values[-2]
    if abs(change) <= STEADY * abs(values[-2]):
        return Trend("steady", "\N{RIGHTWARDS ARROW}", "")
    arrow = "\N{NORTH EAST ARROW}" if change > 0 else "\N{SOUTH EAST ARROW}"
    if not better:
        return Trend("up" if change > 0 else "down", arrow, "")
    improved = (change > 0) == (better == "higher")
    return Trend("better", arrow, "good") if improved else Trend("worse", arrow, "poor")


def difference_of(new: float | None, old: float | None, better: str) -> Trend | None:
    """Return how far a value is from another one; None where one of them is no finite number."""
    if new is None or old is None:
        return None
    change = new - old
    if change == 0:
        return Trend("same", "\N{PLUS-MINUS SIGN}0", "")
    text = f"{'+' if change > 0 else MINUS}{loss(abs(change))}"
    if not better:
        return Trend("changed", text, "")
    improved = (change > 0) == (better == "higher")
    return Trend("better", text, "good") if improved else Trend("worse", text, "poor")


def _task_rows(
    runs: list[EvalRun], colours: dict[str, int], against: EvalRun | None
) -> list[TaskRows]:
    if not runs:
        return []
    newest = runs[0]
    past: dict[tuple[str, str], list[float | None]] = {}
    for run in reversed(runs):
        for result in run.results.all():
            past.setdefault((result.task_name, result.metric), []).append(result.value)
    compared = against.results.all() if against else ()
    others = {(result.task_name, result.metric): result.value for result in compared}
    rows: dict[str, TaskRows] = {}
    for result in newest.results.all():
        name = result.task_name
        untrained = name in newest.untrained
        task = rows.setdefault(name, TaskRows(name, colours.get(name), [], is_untrained=untrained))
        row = _metric_row(result, past[name, result.metric], others.get((name, result.metric)))
        task.metrics.append(row)
    for name in newest.task_names:
        rows.setdefault(name, TaskRows(name, colours.get(name), []))
    for name, error in newest.errors.items():
        rows.setdefault(name, TaskRows(name, colours.get(name), [])).error = error
    return list(rows.values())


def _metric_row(result: EvalResult, values: list[float | None], other: float | None) -> MetricRow:
    better = better_of(result.good, result.poor)
    return MetricRow(
        result=result,
        better=better,
        verdict=verdict_of(result.value, result.good, result.poor),
        trend=trend_of(values, better),
        difference=difference_of(result.value, other, better),
        line=sparkline(values),
        history=", ".join(loss(value) for value in values),
    )
