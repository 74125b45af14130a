"""Loss points on their way into the database: packed, in order, each step once."""

from dataclasses import dataclass

import numpy as np
from django.db import transaction

from trainer.models import Job, LossLevel, LossSegment, LossSeries
from trainer.selectors.loss_runs import LossRun, runs_merge, segment_unpack
from trainer.services.jobs import job_hold
from trainer.services.oddities import oddities_rewind


@dataclass(frozen=True)
class SeriesSummary:
    """What lists and the admin show of one series."""

    task_name: str
    is_total: bool
    colour: int
    count: int
    nonfinite_count: int
    last_step: int
    last: float | None
    minimum: float | None
    maximum: float | None
    mean: float | None
    trend: str
    health: str


def losses_append(*, job: Job, run: LossRun) -> LossSegment:
    """Store a run of steps as one segment. The caller's transaction holds the job's row."""
    return LossSegment.objects.create(
        job=job,
        first_step=run.first_step,
        step_count=len(run.values_ST),
        task_names=list(run.task_names),
        weights=list(run.weights),
        values=np.ascontiguousarray(run.values_ST, dtype="<f4").tobytes(),
        present=b"" if run.present_ST is None else np.packbits(run.present_ST).tobytes(),
    )


@transaction.atomic
def losses_merge(*, job: Job, segments: list[LossSegment]) -> LossSegment:
    """Replace neighbouring segments of the same tasks and weights by one: 10 bytes a row less.

    Once, however often it is called: the answer to a commit that succeeded may be lost.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    job_hold(job)
    runs = [segment_unpack(segment) for segment in segments]
    old = LossSegment.objects.filter(pk__in=[segment.pk for segment in segments])
    if not old.delete()[0]:
        return LossSegment.objects.get(job=job, first_step=runs[0].first_step)
    return losses_append(job=job, run=runs_merge(runs))


@transaction.atomic
def losses_rewind(*, job: Job, last_step: int) -> None:
    """Drop the points after a step, and what was found in them: the replay writes them again.

    Raises:
        FenceLostError: the job is no longer this worker's, and the points are another one's.
    """
    job_hold(job)
    oddities_rewind(job=job, last_step=last_step)
    LossLevel.objects.filter(job=job, last_step__gt=last_step).delete()
    if LossSeries.objects.filter(job=job, is_total=True, last_step__gt=last_step).exists():
        # They tell of points that are dropped here, and are made anew from those that stay.
        LossSeries.objects.filter(job=job).delete()
    segments = LossSegment.objects.filter(job=job)
    segments.filter(first_step__gt=last_step).delete()
    across = segments.order_by("first_step").last()
    if across is not None and across.first_step + across.step_count - 1 > last_step:
        kept = segment_unpack(across).between(across.first_step, last_step)
        across.delete()
        losses_append(job=job, run=kept)


@transaction.atomic
def summaries_forget(*, job: Job, but: set[str]) -> None:
    """Drop the summaries of tasks whose points a rewind took, except those named.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    job_hold(job)
    LossSeries.objects.filter(job=job, is_total=False).exclude(task_name__in=but).delete()


@transaction.atomic
def summaries_store(*, job: Job, summaries: list[SeriesSummary]) -> None:
    """Write the summary rows of a job's series, making those that are new.

    Raises:
        FenceLostError: the job is no longer this worker's.
    """
    job_hold(job)
    LossSeries.objects.bulk_create(
        [LossSeries(job=job, **vars(summary)) for summary in summaries],
        update_conflicts=True,
        unique_fields=["job", "task_name", "is_total"],
        update_fields=[
            name
            for name in SeriesSummary.__dataclass_fields__
            if name not in {"task_name", "is_total"}
        ],
    )
