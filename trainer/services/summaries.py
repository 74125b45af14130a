"""Summaries of a job that ended behind its recorder's back: brought up to its last stored point."""

from trainer.models import Job, LossSeries
from trainer.selectors.loss_runs import TOTAL, loss_runs, run_columns
from trainer.services.running_figures import RunningFigures

FIGURES = ("count", "nonfinite_count", "last_step", "last", "minimum", "maximum", "mean")


def summaries_catch_up(job: Job) -> None:
    """Take in the points that came after the summaries were stored for the last time.

    A worker stores them once a second, and may have died before it stored the last ones. What is
    judged by the latest points, trend and health, stays as it was then. The caller's transaction
    holds the job's row, and no worker writes about it any more.
    """
    known = {row.task_name: _figures_of(row) for row in LossSeries.objects.filter(job=job)}
    colours = {task["name"]: task["colour"] for task in job.plan["tasks"]}
    # All series are stored together: the total has a point at every step.
    stored_step = known[TOTAL].last_step if TOTAL in known else 0
    changed: set[str] = set()
    for run in loss_runs(job, after_step=stored_step):
        for name, steps_N, values_N in run_columns(run):
            if len(values_N):
                known.setdefault(name, RunningFigures()).add(steps_N, values_N)
                changed.add(name)
    LossSeries.objects.bulk_create(
        [
            LossSeries(
                job=job,
                task_name=name,
                is_total=name == TOTAL,
                colour=colours.get(name, 0),
                **{figure: getattr(known[name], figure) for figure in FIGURES},
            )
            for name in known
            if name in changed
        ],
        update_conflicts=True,
        unique_fields=["job", "task_name", "is_total"],
        update_fields=FIGURES,
    )


def _figures_of(row: LossSeries) -> RunningFigures:
    return RunningFigures(
        count=row.count,
        nonfinite_count=row.nonfinite_count,
        last_step=row.last_step,
        last=row.last,
        minimum=row.minimum,
        maximum=row.maximum,
        total=(row.mean or 0.0) * row.count,
    )
