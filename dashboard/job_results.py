"""What several jobs came to, side by side: steps, time, losses, and what evaluations measured."""

from dataclasses import dataclass

from dashboard.eval_panel import verdict_of
from dashboard.templatetags.figures import NOTHING, count, duration, loss
from dashboard.texts import metric_text
from trainer.models import EvalResult, EvalRun, Job, LossSeries
from trainer.selectors.evals import better_of, evals_last

Key = tuple[str, str]  # task and metric


@dataclass(frozen=True)
class ResultCell:
    """What one job came to; `verdict` is "good", "moderate", "poor" or ""."""

    text: str
    verdict: str = ""
    is_best: bool = False


@dataclass(frozen=True)
class ResultRow:
    """One fact of each job; `better` is "higher", "lower" or "" where nobody said which."""

    label: str
    cells: list[ResultCell]
    better: str = ""


def job_results(jobs: list[Job]) -> list[ResultRow]:
    """Return what the jobs came to, fact by fact.

    Losses have no best one: tasks of one name may differ in what their loss is.
    """
    runs = evals_last(jobs)
    found = [runs.get(job.pk) for job in jobs]
    steps = [f"{count(job.current_step)} of {count(job.total_steps)}" for job in jobs]
    measured_at = [NOTHING if run is None else _step_text(run) for run in found]
    return [
        _row("state", [job.state for job in jobs]),
        _row("steps", steps),
        _row("time spent training", [duration(job.active_seconds) for job in jobs]),
        *_losses(jobs),
        *([_row("evaluated at", measured_at)] if runs else []),
        *_metrics(found),
    ]


def _row(label: str, texts: list[str]) -> ResultRow:
    return ResultRow(label, [ResultCell(text) for text in texts])


def _step_text(run: EvalRun) -> str:
    """Return the step of the job at which it was evaluated, and the model's."""
    of_model = f"model step {count(run.step)}"
    return of_model if run.job_step is None else f"step {count(run.job_step)} ({of_model})"


def _losses(jobs: list[Job]) -> list[ResultRow]:
    known = [
        {series.task_name: series for series in job.loss_series.all() if not series.is_total}
        for job in jobs
    ]
    names = dict.fromkeys(name for of_job in known for name in of_job)
    return [
        _row(f"{name}: last loss", [_loss_text(of_job.get(name)) for of_job in known])
        for name in names
    ]


def _loss_text(series: LossSeries | None) -> str:
    if series is None:
        return NOTHING
    return "not finite" if series.last is None and series.nonfinite_count else loss(series.last)


def _metrics(runs: list[EvalRun | None]) -> list[ResultRow]:
    known: list[dict[Key, EvalResult]] = [
        {(row.task_name, row.metric): row for row in run.results.all()} if run else {}
        for run in runs
    ]
    keys = dict.fromkeys(key for of_job in known for key in of_job)
    return [_metric_row(key, [of_job.get(key) for of_job in known]) for key in keys]


def _metric_row(key: Key, results: list[EvalResult | None]) -> ResultRow:
    ways = {better_of(result.good, result.poor) for result in results if result is not None}
    # A class may have been changed between two jobs; what it says of both is what holds.
    better = ways.pop() if len(ways) == 1 else ""
    best = _best([result.value for result in results if result is not None], better)
    cells = [
        ResultCell(NOTHING)
        if result is None
        else ResultCell(
            metric_text(result),
            verdict_of(result.value, result.good, result.poor),
            best is not None and result.value == best,
        )
        for result in results
    ]
    return ResultRow(f"{key[0]}: {key[1]}", cells, better)


def _best(values: list[float | None], better: str) -> float | None:
    """Return the best value; None where nobody said what is better, or all are alike."""
    if not better or len(set(values)) < 2:
        return None
    finite = [value for value in values if value is not None]
    return max(finite) if better == "higher" else min(finite)
