"""Makes room: the points of old jobs are thinned or deleted; what a job was and came to stays."""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Length
from django.utils import timezone

from trainer.models import FigureSegment, Job, LossLevel, LossSegment
from trainer.selectors.loss_levels import ROW_STEPS

Keep = Job.PointsKept


@dataclass(frozen=True)
class Room:
    """What a clearing takes, or took.

    Attributes:
        jobs: the ids of those that lose points.
        starred_count, active_count: of jobs that were asked for and keep everything.
    """

    jobs: tuple[int, ...]
    step_count: int
    size_bytes: int
    starred_count: int
    active_count: int


def jobs_older_than(days: float) -> QuerySet[Job]:
    """Return the jobs that ended more than so many days ago."""
    before = timezone.now() - datetime.timedelta(days=days)
    return Job.objects.filter(completed_at__lt=before)


def jobs_clear(
    *, jobs: QuerySet[Job], keep: Keep, starred_too: bool = False, dry_run: bool = False
) -> Room:
    """Drop points of jobs that are at their end, each job by itself; return what that takes.

    `Keep.LEVELS` keeps stretches of 64 steps with their extremes and mean, from which charts are
    drawn, and the exact points of the last steps, of which there is no full row of stretches.
    `Keep.NOTHING` keeps no point; the summary of each series stays all the same.

    A job in progress is never touched, nor a starred one unless `starred_too`. Jobs that have
    nothing to lose are left out.
    """
    # Asked for by id: with a search, the admin's list joins other tables and cannot be cut.
    asked = Job.objects.filter(pk__in=jobs.order_by().values("pk"))
    active = asked.filter(state__in=Job.ACTIVE)
    ended = asked.exclude(state__in=Job.ACTIVE)
    starred = ended.filter(starred=True)
    chosen = ended if starred_too else ended.exclude(starred=True)
    cleared, step_count, size_bytes = [], 0, 0
    for job in chosen.only("pk", "state").order_by("pk"):
        steps, size = _clear(job, keep, dry_run=dry_run)
        if size:
            cleared.append(job.pk)
            step_count, size_bytes = step_count + steps, size_bytes + size
    return Room(
        jobs=tuple(cleared),
        step_count=step_count,
        size_bytes=size_bytes,
        starred_count=0 if starred_too else starred.count(),
        active_count=active.count(),
    )


@transaction.atomic
def _clear(job: Job, keep: Keep, *, dry_run: bool) -> tuple[int, int]:
    """Return how many exact steps, and bytes of points, a job loses."""
    gone: list[QuerySet[LossSegment] | QuerySet[LossLevel] | QuerySet[FigureSegment]]
    if keep == Keep.LEVELS:
        segments = _behind_levels(job)
        gone = [segments]
    else:
        segments = LossSegment.objects.filter(job=job)
        gone = [
            segments,
            LossLevel.objects.filter(job=job),
            FigureSegment.objects.filter(job=job),
        ]
    steps = segments.aggregate(steps=Sum("step_count"))["steps"] or 0
    size = sum(_size_of(rows) for rows in gone)
    if size and not dry_run:
        # Looked at once more: the job of an interrupted worker may have been taken up again.
        ended = Job.objects.exclude(state__in=Job.ACTIVE).filter(pk=job.pk)
        if not ended.update(points_kept=keep):
            return 0, 0
        for rows in gone:
            rows.delete()
    return steps, size


def _behind_levels(job: Job) -> QuerySet[LossSegment]:
    """Return the segments all of whose steps are in rows of level 1."""
    newest = LossLevel.objects.filter(job=job, level=1).order_by("-index").first()
    covered = (newest.index + 1) * ROW_STEPS if newest else 0
    segments = LossSegment.objects.filter(job=job)
    ends = segments.order_by("first_step").values_list("pk", "first_step", "step_count")
    return segments.filter(
        # The newest one says where the job ended.
        pk__in=[pk for pk, first, count in list(ends)[:-1] if first + count - 1 <= covered]
    )


def _size_of(
    rows: QuerySet[LossSegment] | QuerySet[LossLevel] | QuerySet[FigureSegment],
) -> int:
    columns = {LossSegment: "values", LossLevel: "table", FigureSegment: "samples"}
    sizes = rows.order_by().aggregate(size=Sum(Length(columns[rows.model])))
    return sizes["size"] or 0
