"""The history of jobs as a list: searched, sorted, with what each came to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from numpy.typing import NDArray

from trainer.models import EvalResult, Experiment, Job, LossLevel, LossSegment, LossSeries
from trainer.models.job import MAX_STEPS
from trainer.selectors.jobs import jobs_of
from trainer.selectors.loss_levels import row_unpack
from trainer.selectors.loss_runs import TOTAL, segment_unpack

SPARK_POINTS = 32
Course = tuple[NDArray[Any], NDArray[Any]]  # steps and losses
SORTS = {
    "newest": (),
    "longest": (F("active_seconds").desc(),),
    "fastest": (F("steps_per_second").desc(nulls_last=True),),
    "loss": (F("final_total").asc(nulls_last=True),),
}


@dataclass(frozen=True)
class JobFilter:
    """Which jobs are wanted, in which order."""

    search: str = ""
    state: str = ""
    starred: bool = False
    sort: str = "newest"

    @property
    def is_open(self) -> bool:
        """Whether no job is left out."""
        return not (self.search or self.state or self.starred)


def job_list(experiment: Experiment, wanted: JobFilter, *, limit: int) -> list[Job]:
    """Return an experiment's jobs with their summaries and checkpoints."""
    jobs = jobs_of(experiment).select_related("checkpoint").prefetch_related("loss_series")
    jobs = jobs.defer("plan")
    if wanted.state:
        jobs = jobs.filter(state=wanted.state)
    if wanted.starred:
        jobs = jobs.filter(starred=True)
    for word in wanted.search.split():
        jobs = jobs.filter(_mentions(word))
    total = LossSeries.objects.filter(job=OuterRef("pk"), is_total=True).values("last")[:1]
    jobs = jobs.annotate(final_total=Subquery(total))
    return list(jobs.order_by(*SORTS.get(wanted.sort, ()), "-pk")[:limit])


def _mentions(word: str) -> Q:
    texts = ("name", "notes", "tags", "created_by", "error")
    found = Q()
    for field in texts:
        found |= Q(**{f"{field}__icontains": word})
    number = word.removeprefix("#")
    return found | Q(pk=int(number)) if number.isdecimal() and len(number) < 18 else found


def jobs_best_metrics(jobs: Iterable[Job]) -> dict[int, EvalResult]:
    """Return of each job's evaluations the metric that is best by its own bounds, if any has."""
    results = EvalResult.objects.filter(
        run__job__in=[job.pk for job in jobs], value__isnull=False, good__isnull=False
    ).exclude(poor=None)
    best: dict[int, tuple[float, EvalResult]] = {}
    for result in results.exclude(good=F("poor")).select_related("run").order_by("pk"):
        if result.value is None or result.good is None or result.poor is None:
            continue
        share = (result.value - result.poor) / (result.good - result.poor)
        job_id = result.run.job_id
        if job_id is not None and (job_id not in best or share >= best[job_id][0]):
            best[job_id] = (share, result)
    return {job_id: result for job_id, (_, result) in best.items()}


def jobs_sparks(jobs: Iterable[Job]) -> dict[int, list[float]]:
    """Return the course of each job's total loss in a few values, evenly spaced over its steps.

    Two statements for all jobs: the coarsest buckets, and the points that no bucket holds yet.
    """
    job_ids = [job.pk for job in jobs]
    courses, reached = _coarse_courses(job_ids)
    for segment in _segments_after(job_ids, reached):
        course = _exact_course(segment, after_step=reached.get(segment.job_id, 0))
        courses.setdefault(segment.job_id, []).append(course)
    sparks = {}
    for job_id, parts in courses.items():
        steps_N, losses_N = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        if len(steps_N):
            grid = np.linspace(steps_N[0], steps_N[-1], SPARK_POINTS)
            sparks[job_id] = np.interp(grid, steps_N, losses_N).tolist()
    return sparks


def _coarse_courses(job_ids: list[int]) -> tuple[dict[int, list[Course]], dict[int, int]]:
    """Return what the coarsest levels of detail say, and up to which step they suffice."""
    courses: dict[int, list[Course]] = {}
    told: dict[int, int] = {}
    reached: dict[int, int] = {}
    for row in _coarsest(job_ids):
        buckets = row_unpack(row).buckets.get(TOTAL)
        if buckets is None:
            continue
        # The finer level goes on where the coarser one has no full row yet.
        rest = buckets[buckets["low_step"] > told.get(row.job_id, 0)]
        if not len(rest):
            continue
        ends = np.maximum(rest["low_step"], rest["high_step"])
        courses.setdefault(row.job_id, []).append((ends, rest["mean"]))
        told[row.job_id] = int(ends[-1])
        # Beyond two levels, what no bucket holds is many points, and less than a pixel or two wide.
        reached[row.job_id] = MAX_STEPS if row.top > 2 else row.last_step
    return courses, reached


def _coarsest(job_ids: list[int]) -> QuerySet[LossLevel, Any]:
    """Return of each job the rows of its two coarsest levels, the coarsest first."""
    top = LossLevel.objects.filter(job=OuterRef("job")).order_by().values("job")
    rows = LossLevel.objects.filter(job__in=job_ids)
    rows = rows.annotate(top=Subquery(top.annotate(top=Max("level")).values("top")))
    return rows.filter(level__gte=F("top") - 1).order_by("job", "-level", "index")


def _segments_after(job_ids: list[int], reached: dict[int, int]) -> QuerySet[LossSegment]:
    """Return of each job the segments with steps after the one that was reached, in order."""
    wanted = Q(job__in=[job_id for job_id in job_ids if job_id not in reached])
    for job_id, step in reached.items():
        if step < MAX_STEPS:
            wanted |= Q(job=job_id, first_step__gt=step + 1 - F("step_count"))
    return LossSegment.objects.filter(wanted).order_by("job", "first_step")


def _exact_course(segment: LossSegment, *, after_step: int) -> Course:
    losses_S = segment_unpack(segment).values_ST[:, -1]
    steps_S = np.arange(segment.first_step, segment.first_step + len(losses_S))
    kept_S = np.isfinite(losses_S) & (steps_S > after_step)
    return steps_S[kept_S], losses_S[kept_S]
