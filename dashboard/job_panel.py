"""What the page of one job needs: what ran, from which version of which file, and what happened."""

from dataclasses import dataclass
from typing import Any

from dashboard.advice import failure_advice
from dashboard.registry_panels import PLACES
from dashboard.texts import setting_text
from trainer.models import Job, RegisteredClass
from trainer.selectors.events import story_of
from trainer.selectors.job_tasks import job_tasks_joined
from trainer.selectors.jobs import jobs_before
from trainer.selectors.registry import classes_offered
from trainer.selectors.task_courses import TaskCourse, task_courses
from trainer.services.cards import latent_slice_text
from trainer.services.sources import SourceRef

# How far back to look for the last job that used a class too.
JOBS_COMPARED = 20
REF_KEYS = ("registry", "class_name", "file", "sha256")


@dataclass(frozen=True)
class SourceRow:
    """A class that a job runs, and how its version differs from others."""

    ref: SourceRef
    noun: str
    earlier_job: Job | None
    earlier_sha256: str
    offered: RegisteredClass | None

    @property
    def changed_since(self) -> bool:
        """Whether the last job that used the class ran another version."""
        return self.earlier_job is not None and self.earlier_sha256 != self.ref["sha256"]

    @property
    def newer_offered(self) -> bool:
        """Whether another version has come on offer since."""
        return self.offered is not None and self.offered.source_id != self.ref["sha256"]


@dataclass(frozen=True)
class TaskRow:
    """A task as the job was started with it, or as it joined."""

    name: str
    class_name: str
    dataset: str
    weight: Any
    latent_text: str
    params: list[tuple[str, str]]
    colour: int
    enabled: bool
    joined_step: int | None  # the last step done before it joined
    changes: list[str]  # what became of it while the job ran


def job_panel(job: Job) -> dict[str, Any]:
    """Return what `partials/job.html` needs."""
    plan = job.plan if isinstance(job.plan, dict) else {}
    return {
        "job": job,
        "experiment": job.experiment,
        "source_rows": _source_rows(job),
        "model": plan.get("model") or {},
        "model_config": _texts((plan.get("model") or {}).get("config")),
        "task_rows": [_task_row(course) for course in task_courses(job)],
        "happenings": story_of(job),
        "advice": failure_advice(job),
        "typed": {"name": job.name, "notes": job.notes, "tags": job.tags},
    }


def sources_recorded(job: Job) -> list[SourceRef]:
    """Return the versions that a job was started with; none where an old job kept none."""
    recorded = job.plan.get("sources") if isinstance(job.plan, dict) else None
    if not isinstance(recorded, list):
        return []
    return [
        ref
        for ref in recorded
        if isinstance(ref, dict) and all(isinstance(ref.get(key), str) for key in REF_KEYS)
    ]


def sources_run(job: Job) -> list[SourceRef]:
    """Return the versions that a job ran: those of its start, and of the tasks that joined."""
    refs = sources_recorded(job)
    for task in job_tasks_joined(job):
        refs += [ref for ref in task.sources if ref not in refs]
    return refs


def _source_rows(job: Job) -> list[SourceRow]:
    refs = sources_run(job)
    if not refs:
        return []
    offered = {
        (row.registry, row.class_name): row
        for registry in PLACES
        for row in classes_offered(registry)
    }
    earlier: dict[tuple[str, str], tuple[Job, str]] = {}
    for before in jobs_before(job, limit=JOBS_COMPARED):
        for ref in sources_recorded(before):
            earlier.setdefault((ref["registry"], ref["class_name"]), (before, ref["sha256"]))
    nouns = {str(registry): noun for registry, (noun, *_) in PLACES.items()}
    rows = []
    for ref in refs:
        key = (ref["registry"], ref["class_name"])
        earlier_job, earlier_sha256 = earlier.get(key, (None, ""))
        noun = nouns.get(ref["registry"], ref["registry"])
        rows.append(SourceRow(ref, noun, earlier_job, earlier_sha256, offered.get(key)))
    return rows


def _task_row(course: TaskCourse) -> TaskRow:
    task = course.plan
    return TaskRow(
        name=task["name"],
        class_name=task["class_name"],
        dataset=task.get("dataset", ""),
        weight=task.get("weight", 1.0),
        latent_text=latent_slice_text(task.get("latent_slice")) or "whole",
        params=_texts(task.get("params")),
        colour=task.get("colour", 0),
        enabled=task.get("enabled", True),
        joined_step=course.joined_step,
        changes=course.changes,
    )


def _texts(values: Any) -> list[tuple[str, str]]:
    if not isinstance(values, dict):
        return []
    return [
        (str(name).replace("_", " "), setting_text(value))
        for name, value in values.items()
        if value is not None
    ]
