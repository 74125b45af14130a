"""Calls that start and steer the training of an experiment."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from trainer.api.auth import caller_name
from trainer.api.inputs import EvalEveryIn, RatesIn, StartIn, WhyIn, why_of
from trainer.api.lookup import ExperimentSlug, experiment_found, job_active_found, job_found
from trainer.api.schemas import JobOut, JobSteeredOut
from trainer.models import Job, JobCommand
from trainer.selectors.commands import command_as_dict
from trainer.selectors.jobs import job_as_dict
from trainer.services.commands import (
    command_send,
    command_wait,
    job_set_eval_every,
    job_set_lr,
    job_stop,
    job_wait_end,
)
from trainer.services.job_start import job_start

router = Router(tags=["train"])


@router.post("/train/start", response=JobOut, summary="Start training")
def train_start(
    request: HttpRequest, body: StartIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Start a job over the enabled tasks; 409 where one of the experiment is in progress."""
    job = job_start(experiment=experiment_found(experiment), **body.dict(), by=caller_name(request))
    return job_as_dict(job)


@router.post("/train/stop", response=JobOut, summary="Stop training")
def train_stop(
    request: HttpRequest, body: WhyIn | None = None, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Stop the job after its current step; what it has trained is kept as a checkpoint."""
    job = job_active_found(experiment)
    job = job_stop(job=job, by=caller_name(request), why=why_of(body))
    job_wait_end(job)
    return job_as_dict(job)


@router.post("/train/pause", response=JobSteeredOut, summary="Pause training")
def train_pause(
    request: HttpRequest, body: WhyIn | None = None, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Pause the job after its current step.

    One that waits for a worker is paused when it begins: the answer does not wait for that, and
    its `command` is pending.
    """
    return _commanded(request, job_active_found(experiment), "pause", body)


@router.post("/train/resume", response=JobSteeredOut, summary="Resume training")
def train_resume(
    request: HttpRequest, body: WhyIn | None = None, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Let a paused job go on; of one that waits for a worker, as with a pause."""
    return _commanded(request, job_active_found(experiment), "resume", body)


@router.post("/train/set_lr", response=JobSteeredOut, summary="Change learning rates")
def train_set_lr(
    request: HttpRequest, body: RatesIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Change learning rates from the job's next step on; the optimizer keeps its moments.

    A job that waits for a worker has the old rates until it begins: the answer does not wait for
    that, and its `command` is pending.
    """
    job = job_active_found(experiment)
    return _waited_for(job_set_lr(job=job, **body.dict(), by=caller_name(request)))


@router.post(
    "/train/set_eval_every", response=JobSteeredOut, summary="Change how often to evaluate"
)
def train_set_eval_every(
    request: HttpRequest, body: EvalEveryIn, experiment: ExperimentSlug = None
) -> dict[str, Any]:
    """Have the running job evaluated every so many steps from now on; the curve stays the same."""
    job = job_active_found(experiment)
    return _waited_for(
        job_set_eval_every(job=job, steps=body.steps, by=caller_name(request), why=body.why)
    )


def _commanded(request: HttpRequest, job: Job, kind: str, body: WhyIn | None) -> dict[str, Any]:
    by, why = caller_name(request), why_of(body)
    return _waited_for(command_send(job=job, kind=kind, by=by, why=why))


def _waited_for(command: JobCommand) -> dict[str, Any]:
    command_wait(command)
    return {**job_as_dict(job_found(command.job_id)), "command": command_as_dict(command)}
