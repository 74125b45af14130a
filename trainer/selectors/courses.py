"""The course of jobs' losses in a few values a task, for pictures that are small."""

from collections.abc import Iterable
from dataclasses import dataclass

from trainer.models import Job
from trainer.selectors.jobs import job_colours
from trainer.selectors.loss_runs import TOTAL
from trainer.selectors.losses import loss_columns

COURSE_POINTS = 80


@dataclass(frozen=True)
class Course:
    """One job's losses.

    Attributes:
        steps: how many it did.
        points: of each task, the last step and the mean loss of at most 80 stretches, in order.
        colours: each task's place in the palette.
    """

    steps: int
    points: dict[str, list[tuple[float, float]]]
    colours: dict[str, int]


def job_courses(job_ids: Iterable[int]) -> dict[int, Course]:
    """Return the courses of jobs by their numbers; a job that is gone has none."""
    jobs = Job.objects.filter(pk__in=set(job_ids)).prefetch_related("loss_series")
    return {job.pk: _course(job) for job in jobs}


def _course(job: Job) -> Course:
    bands = loss_columns(job, max_points=COURSE_POINTS, bands=True)["bands"]
    points = {
        name: [*zip(map(float, band["last_step"]), band["mean"], strict=True)]
        for name, band in bands.items()
        if name != TOTAL and band["mean"]
    }
    return Course(job.current_step, points, job_colours(job))
