"""One job, from its claim to its end."""

import logging
import traceback

from django.db import Error as DatabaseTrouble
from django.db import close_old_connections

from acc.raised import code_errors
from trainer.models import Job
from trainer.selectors.nodes import device_is_offered
from trainer.services.jobs import FenceLostError, job_claim, job_end
from trainer.services.workers import worker_name
from trainer.worker.control import Control
from trainer.worker.device_choice import device_is_here
from trainer.worker.error_sentence import error_sentence
from trainer.worker.session import Session

logger = logging.getLogger("acc.worker")


def job_run(job_id: int) -> None:
    """Train a job if it is still queued; its row ends in a state that says what happened."""
    if _is_for_others(job_id):
        return
    job = job_claim(job_id, worker=worker_name())
    if job is None:
        return
    # From now on, so that building a model or fetching data may take longer than a lease.
    control = Control(job)
    control.start()
    try:
        _train(job, control)
    finally:
        control.end()


def _is_for_others(job_id: int) -> bool:
    """Return whether a queued job wants a device that another machine has, and this one has not.

    It stays queued; the reconciler wakes somebody else with it.
    """
    job = Job.objects.filter(pk=job_id, state=Job.State.QUEUED).first()
    wanted = job.plan["device"] if job else ""
    if not wanted or device_is_here(wanted) or not device_is_offered(wanted):
        return False
    logger.info("job %s waits for a worker with %s", job_id, wanted)
    return True


def _train(job: Job, control: Control) -> None:
    session = None
    try:
        session = Session(job, control)
        session.train()
    except FenceLostError as lost:
        logger.warning("%s; this worker leaves it alone", lost)
    except DatabaseTrouble as error:
        # Not the job's fault: its lease ends, and it goes on from its last checkpoint.
        logger.warning("job %s is left to the next worker: %s", job.pk, error)
        close_old_connections()
    except code_errors() as error:
        logger.warning("job %s failed: %s", job.pk, error_sentence(error))
        _fail(job, error, step=session.trainer.step_count if session else job.current_step)


def _fail(job: Job, error: BaseException, *, step: int) -> None:
    trace = "".join(traceback.format_exception(error)).replace("\0", "\\0")
    try:
        job_end(
            job, state=Job.State.FAILED, step=step, error=error_sentence(error), traceback=trace
        )
    except FenceLostError as lost:
        logger.warning("%s; its failure is not recorded", lost)
