"""What the history of jobs needs: each job, what it came to, and how its loss went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.advice import failure_advice
from dashboard.eval_panel import verdict_of
from dashboard.sparkline import Sparkline, sparkline
from trainer.models import EvalResult, Experiment, Job, LossSeries
from trainer.selectors.experiments import cards_enabled_count
from trainer.selectors.job_list import (
    SORTS,
    JobFilter,
    job_list,
    jobs_best_metrics,
    jobs_sparks,
)

JOBS_SHOWN = 12
SEARCH_LENGTH = 100


@dataclass(frozen=True)
class JobRow:
    """One job of the list, with the summaries of its tasks."""

    job: Job
    losses: list[LossSeries]
    line: Sparkline
    best: EvalResult | None

    @property
    def is_active(self) -> bool:
        """Whether the page moves its figures."""
        return self.job.is_active

    @property
    def verdict(self) -> str:
        """How good its best metric is."""
        best = self.best
        return verdict_of(best.value, best.good, best.poor) if best else ""

    @property
    def advice(self) -> str:
        """What to do about it where it failed."""
        return failure_advice(self.job)


def jobs_panel(experiment: Experiment, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what `partials/jobs.html` needs; `asked` is what the address says of the list."""
    state, sort = asked.get("state", ""), asked.get("sort", "")
    wanted = JobFilter(
        search=asked.get("search", "")[:SEARCH_LENGTH],
        state=state if state in Job.State.values else "",
        starred=bool(asked.get("starred")),
        sort=sort if sort in SORTS else "newest",
    )
    jobs = job_list(experiment, wanted, limit=JOBS_SHOWN)
    return {
        "experiment": experiment,
        "jobs_wanted": wanted,
        "job_states": Job.State.values,
        "job_rows": _rows(jobs),
        "tasks_enabled": cards_enabled_count(experiment),
    }


def job_item_panel(job: Job) -> dict[str, Any]:
    """Return what `partials/job_item.html` needs."""
    (row,) = _rows([job])
    return {"experiment": job.experiment, "row": row}


def _rows(jobs: list[Job]) -> list[JobRow]:
    sparks, best = jobs_sparks(jobs), jobs_best_metrics(jobs)
    return [
        JobRow(
            job=job,
            losses=[series for series in job.loss_series.all() if not series.is_total],
            line=sparkline(list(sparks.get(job.pk, []))),
            best=best.get(job.pk),
        )
        for job in jobs
    ]
