"""What somebody should know at once: a job that stands still, a silent worker, a full disk.

Every warning follows from the rows as they are now, so that it is gone once its cause is; nothing
is stored and nobody has to take it back.
"""

import datetime
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from redis.exceptions import RedisError

from trainer.live.event_words import ALL_LACK, ALL_LOSSES, barren_words
from trainer.models import Job, JobEvent, TrainerNode
from trainer.redis_client import redis_client
from trainer.selectors.barren import barren_now
from trainer.selectors.jobs import jobs_of
from trainer.selectors.nodes import nodes_online

# A worker renews its lease every second.
SILENT_SECONDS = 5.0
# A running job without a step for so long, and for so many times its usual step, stands still.
STALL_SECONDS = 6.0
STALL_STEPS = 20.0
# A queued job that no worker takes although one of them has no other.
WAIT_SECONDS = 20.0
PING_SECONDS = 0.5
BARREN_ADVICE = {
    "loss": "Disable such a task or give it weight 0, and the others go on learning; or mend its "
    "loss.",
    "gradient": "Disable such a task, or mend its loss: a square root has no finite gradient at 0.",
    "": "Disable one task after the other to find the one whose gradient is not finite, such as "
    "that of a square root at 0.",
}


@dataclass(frozen=True)
class SystemWarning:
    """Something that goes wrong now.

    Attributes:
        key: the same as long as it is the same trouble.
        level: "critical" where work is lost or stands still.
        advice: what to do about it.
        since: None where nobody can know.
        job: the one that it is about, if any.
    """

    key: str
    level: Literal["warning", "critical"]
    words: str
    advice: str
    since: datetime.datetime | None = None
    job: Job | None = None


def warnings_now() -> list[SystemWarning]:
    """Return what goes wrong now; of jobs first."""
    nodes = nodes_online()
    found = [*_of_jobs(nodes), *_of_disks(nodes)]
    # Where the trainer is away, the Valkey that it brings along is away too, as it should be.
    return found + _of_messages() if nodes else found


def job_warnings(job: Job) -> list[SystemWarning]:
    """Return what goes wrong with one job now."""
    if not job.is_active:
        return []
    return [warning for warning in _of_jobs(nodes_online()) if warning.job == job]


def warning_as_dict(warning: SystemWarning) -> dict[str, Any]:
    """Return a warning in the API's shape."""
    return {
        "key": warning.key,
        "level": warning.level,
        "words": warning.words,
        "advice": warning.advice,
        "since": warning.since.isoformat() if warning.since else None,
        "job": warning.job.pk if warning.job else None,
    }


def _of_jobs(nodes: list[TrainerNode]) -> Iterator[SystemWarning]:
    has_trainer = bool(nodes)
    now = timezone.now()
    active = list(jobs_of(None).filter(state__in=Job.ACTIVE).defer("plan", "traceback"))
    held = [job for job in active if job.state in Job.HELD]
    for job in held:
        warning = _silence(job, now, has_trainer=has_trainer) or _stall(job, now)
        if warning:
            yield warning
    for job, stretches in barren_now(held).items():
        yield from _barren(job, stretches)
    # Behind a job that trains the others wait in order, and their turn comes.
    if not has_trainer or any(job.state == Job.State.RUNNING for job in held):
        return
    # Each trainer side has one worker for jobs: while each one's is paused, nobody takes another.
    patience = 0.0 if len(held) >= len(nodes) else WAIT_SECONDS
    long_ago = now - datetime.timedelta(seconds=patience)
    for job in active:
        if job.state == Job.State.QUEUED and job.enqueued_at and job.enqueued_at <= long_ago:
            yield _wait(job, held)


def _wait(job: Job, paused: list[Job]) -> SystemWarning:
    key = f"waiting-{job.pk}"
    if paused:
        ahead = paused[0]
        words = (
            f"Job {job.pk} waits for job {ahead.pk} of experiment '{ahead.experiment.slug}', "
            "which is paused."
        )
        advice = f"Resume job {ahead.pk}, or stop it: a paused job keeps its worker."
        return SystemWarning(key, "warning", words, advice, since=job.enqueued_at, job=job)
    words = f"No worker takes job {job.pk}, although none has another one."
    advice = (
        "logs/train.log says what the worker does; a restart of ACC helps it, and nothing is lost."
    )
    return SystemWarning(key, "critical", words, advice, since=job.enqueued_at, job=job)


def _silence(job: Job, now: datetime.datetime, *, has_trainer: bool) -> SystemWarning | None:
    if job.lease_until is None:
        return None
    renewed = job.lease_until - datetime.timedelta(seconds=settings.ACC_LEASE_SECONDS)
    if (now - renewed).total_seconds() <= SILENT_SECONDS:
        return None
    advice = (
        f"Its lease ends {settings.ACC_LEASE_SECONDS} s after the last sign; the job then goes on "
        "from its last checkpoint."
        if has_trainer
        else "The trainer is offline: manage.py runtrainer. The job then goes on from its last "
        "checkpoint."
    )
    words = f"The worker of job {job.pk} gives no sign of life."
    return SystemWarning(f"silent-{job.pk}", "critical", words, advice, since=renewed, job=job)


def _stall(job: Job, now: datetime.datetime) -> SystemWarning | None:
    if job.state != Job.State.RUNNING or job.stepped_at is None:
        return None
    usual = 1 / job.steps_per_second if job.steps_per_second else 0.0
    if (now - job.stepped_at).total_seconds() <= max(STALL_SECONDS, STALL_STEPS * usual):
        return None
    took = f"; before, one took {usual:.2g} s" if usual else ""
    return SystemWarning(
        key=f"stalled-{job.pk}",
        level="critical",
        words=f"Job {job.pk} stands still: its worker lives and comes to no end of a step{took}.",
        advice="A task's code or its data may hang. If it does not go on, "
        f"end its process ({job.worker.rpartition(':')[0]}): the job then goes on from its last "
        "checkpoint.",
        since=job.stepped_at,
        job=job,
    )


def _barren(job: Job, stretches: dict[str, JobEvent]) -> Iterator[SystemWarning]:
    """Tell which tasks keep a job's steps from changing anything; those of one kind together."""
    joint = job.schedule == Job.Schedule.JOINT
    for of in ("loss", "gradient"):
        told = {task: event for task, event in stretches.items() if event.detail["of"] == of}
        if not told:
            continue
        many = len(told) > 1
        names = ", ".join(f"'{task}'" for task in told)
        # Every loss may be finite and a gradient, or their sum, not: then no task is named.
        who, lack = (f"Task{'s' * many} {names}", of) if "" not in told else (ALL_LOSSES, ALL_LACK)
        last = max(told.values(), key=lambda event: event.pk)
        words = barren_words(
            f"{who[0].upper()}{who[1:]} of job {job.pk}",
            lack=lack,
            since=max(event.detail["since"] for event in told.values()),
            joint=joint,
            many=many,
        )
        yield SystemWarning(
            key=f"barren-{of}-{job.pk}",
            level="critical" if joint else "warning",
            words=f"{words}.",
            advice=BARREN_ADVICE[of] if "" not in told else BARREN_ADVICE[""],
            since=last.at,
            job=job,
        )


def _of_disks(nodes: list[TrainerNode]) -> Iterator[SystemWarning]:
    here = socket.gethostname()
    disks = {here: disk_of_home()}
    for node in nodes:
        host = node.name.rsplit(":", 2)[0]  # of host, process and its start
        if host != here and node.home_total_bytes:
            disks[host] = (node.home_free_bytes, node.home_total_bytes)
    for host, (free, total) in disks.items():
        is_low = free < settings.ACC_DISK_FREE_MB << 20
        if is_low or 100 * free < settings.ACC_DISK_FREE_PERCENT * total:
            yield SystemWarning(
                key=f"disk-{host}",
                level="critical" if is_low else "warning",
                words=f"The disk of ACC_HOME on {host} is nearly full: "
                f"{filesizeformat(free)} of {filesizeformat(total)} are free.",
                advice="Without room, checkpoints and losses cannot be kept. Delete states under "
                "Checkpoints, thin old jobs (manage.py thinjobs), or give ACC_HOME a larger disk.",
            )


def disk_of_home() -> tuple[int, int]:
    """Return how many bytes are free on this machine's disk of ACC_HOME, and how many there are."""
    usage = shutil.disk_usage(settings.ACC_HOME)
    return usage.free, usage.total


def _of_messages() -> list[SystemWarning]:
    client = redis_client(settings.REDIS_URL, seconds=PING_SECONDS)
    try:
        client.ping()
    except (RedisError, OSError):
        advice = "Training goes on, and nothing is lost. ACC starts its own Valkey again by itself."
        if not settings.ACC_EMBEDDED_VALKEY:
            advice = "Training goes on, and nothing is lost. Look after the server of REDIS_URL."
        words = "Valkey does not answer: pages and new jobs hear of everything later."
        return [SystemWarning("messages", "warning", words, advice)]
    finally:
        client.close()
    return []
