"""The configurations of several jobs side by side, with what differs marked."""

from dataclasses import dataclass
from typing import Any

from dashboard.job_panel import sources_run
from dashboard.texts import setting_text
from trainer.models import Job
from trainer.selectors.job_tasks import job_tasks_joined
from trainer.selectors.task_courses import TaskCourse, rate_courses, task_courses
from trainer.services.cards import latent_slice_text

JOBS_MIN, JOBS_MAX = 2, 6
SHORT_HASH = 8
ABSENT = "\N{EN DASH}"


@dataclass(frozen=True)
class CompareRow:
    """One setting, as each of the jobs has it."""

    label: str
    values: list[str]

    @property
    def differs(self) -> bool:
        """Whether the jobs do not agree on it."""
        return len(set(self.values)) > 1


@dataclass(frozen=True)
class CompareSection:
    """Settings that belong together."""

    title: str
    rows: list[CompareRow]

    @property
    def differing(self) -> int:
        """How many of its settings differ."""
        return sum(row.differs for row in self.rows)


def job_comparison(jobs: list[Job]) -> list[CompareSection]:
    """Return what the jobs ran with, setting by setting: at their start, and changed since."""
    sections = (
        ("Run", _run),
        ("Model", _model),
        ("Tasks", _tasks),
        ("Datasets", _datasets),
        ("Versions of the code", _sources),
    )
    return [CompareSection(title, _rows([read(job) for job in jobs])) for title, read in sections]


def _rows(told: list[dict[str, Any]]) -> list[CompareRow]:
    labels = dict.fromkeys(label for one in told for label in one)
    return [CompareRow(label, [_text(one.get(label)) for one in told]) for label in labels]


def _text(value: Any) -> str:
    return ABSENT if value is None or value == "" else setting_text(value)


def _run(job: Job) -> dict[str, Any]:
    rates = rate_courses(job)
    return {
        "steps": job.total_steps,
        "learning rate": rates["lr"],
        "probe learning rate": rates["probe_lr"],
        "batch size": job.batch_size,
        "schedule": job.get_schedule_display().lower(),
        "seed": job.seed,
        "device": job.device,
        "starts from": f"checkpoint {job.start_checkpoint_id}"
        if job.start_checkpoint_id
        else "new weights",
    }


def _plan(job: Job) -> dict[str, Any]:
    return job.plan if isinstance(job.plan, dict) else {}


def _model(job: Job) -> dict[str, Any]:
    model = _plan(job).get("model") or {}
    return {"class": model.get("class_name"), **(model.get("config") or {})}


def _tasks(job: Job) -> dict[str, Any]:
    told: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for course in task_courses(job):
        times = seen[course.name] = seen.get(course.name, 0) + 1
        title = course.name if times == 1 else f"{course.name} ({times})"
        told |= {f"{title}: {label}": value for label, value in _task(course).items()}
    return told


def _task(course: TaskCourse) -> dict[str, Any]:
    """Return what one task was as it began, and what became of it, if anything did."""
    task = course.plan
    facts = {
        "class": task.get("class_name"),
        "dataset": task.get("dataset"),
        "weight at first": task.get("weight"),
        "latent": latent_slice_text(task.get("latent_slice")) or "whole",
        "enabled at first": "yes" if task.get("enabled", True) else "no",
        **(task.get("params") or {}),
    }
    happened = list(course.changes)
    if course.joined_step is not None:
        happened.insert(0, f"joined after step {course.joined_step:,}")
    return facts | ({"while it ran": ", ".join(happened)} if happened else {})


def _datasets(job: Job) -> dict[str, Any]:
    datasets = dict(_plan(job).get("datasets") or {})
    for task in job_tasks_joined(job):
        datasets.setdefault(task.plan["dataset"], task.dataset)
    return {
        name: f"{one['kind']} {one['content_hash'][:SHORT_HASH]}" for name, one in datasets.items()
    }


def _sources(job: Job) -> dict[str, Any]:
    """Return the versions of each class: several, where its file changed before a task joined."""
    versions: dict[str, list[str]] = {}
    for ref in sources_run(job):
        versions.setdefault(ref["class_name"], []).append(ref["sha256"][:SHORT_HASH])
    return {class_name: ", ".join(shorts) for class_name, shorts in versions.items()}
