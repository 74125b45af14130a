"""The history of jobs as a list: searched, sorted, with what each came to."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from trainer.models import EvalResult, Experiment, Job, LossLevel, LossSegment, LossSeries
from trainer.selectors.jobs import jobs_of
from trainer.selectors.loss_levels import TOTAL, row_unpack
from trainer.selectors.loss_runs import segment_unpack

SPARK_POINTS = 32
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

    Two statements for all jobs: the coarsest buckets of the long ones, the points of the others.
    """
    listed = list(jobs)
    courses = _coarse_courses([job.pk for job in listed])
    courses |= _exact_courses([job.pk for job in listed if job.pk not in courses])
    sparks = {}
    for job_id, course in courses.items():
        steps_N, losses_N = (np.asarray(column) for column in zip(*course, strict=True))
        grid = np.linspace(steps_N[0], steps_N[-1], SPARK_POINTS)
        sparks[job_id] = np.interp(grid, steps_N, losses_N).tolist()
    return sparks


def _coarse_courses(job_ids: list[int]) -> dict[int, list[tuple[float, float]]]:
    courses: dict[int, list[tuple[float, float]]] = {}
    for row in _coarsest(job_ids):
        buckets = row_unpack(row).buckets.get(TOTAL)
        if buckets is None:
            continue
        course = courses.setdefault(row.job_id, [])
        # The finer level goes on where the coarser one has no full row yet.
        reached = course[-1][0] if course else 0.0
        rest = buckets[buckets["low_step"] > reached]
        ends = np.maximum(rest["low_step"], rest["high_step"]).tolist()
        course += list(zip(ends, rest["mean"].tolist(), strict=True))
    return {job_id: course for job_id, course in courses.items() if course}


def _coarsest(job_ids: list[int]) -> QuerySet[LossLevel]:
    """Return of each job with several levels the rows of its two coarsest ones, those first."""
    top = LossLevel.objects.filter(job=OuterRef("job")).order_by().values("job")
    rows = LossLevel.objects.filter(job__in=job_ids)
    rows = rows.annotate(top=Subquery(top.annotate(top=Max("level")).values("top")))
    return rows.filter(top__gte=2, level__gte=F("top") - 1).order_by("job", "-level", "index")


def _exact_courses(job_ids: list[int]) -> dict[int, list[tuple[float, float]]]:
    courses: dict[int, list[tuple[float, float]]] = {}
    for segment in LossSegment.objects.filter(job__in=job_ids).order_by("job", "first_step"):
        run = segment_unpack(segment)
        totals = run.values_ST[:, -1].tolist()
        points = list(enumerate(totals, run.first_step))
        finite = [(float(step), loss) for step, loss in points if np.isfinite(loss)]
        if finite:
            courses.setdefault(segment.job_id, []).extend(finite)
    return courses
