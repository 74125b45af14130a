"""Wake-ups for workers. The rows are the queue: a lost message costs seconds, nothing else."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger("acc.queue")

TRAIN = "train"
EVAL = "eval"
RECIPE = "recipe"


def job_wake(job_id: int) -> bool:
    """Tell the train workers about a queued job; return whether the message went out."""
    from trainer.tasks import run_job  # late: tasks import services' callers

    return _send(run_job, job_id)


def call_wake(call_id: int, *, limit_seconds: int | None = None) -> bool:
    """Tell the eval workers about a call; return whether the message went out.

    The worker's main process kills the one that answers when its time is over: nothing that runs
    in it could be trusted to notice.
    """
    from trainer.tasks import run_call

    return _send(run_call, call_id, time_limit=limit_seconds)


def recipe_wake(run_id: int) -> bool:
    """Tell the recipe workers about a queued run; return whether the message went out."""
    from trainer.tasks import run_recipe

    return _send(run_recipe, run_id)


def queue_is_empty(name: str) -> bool:
    """Return whether no message waits in a queue (one in a worker's hands does not count).

    Raises:
        OperationalError, RedisError: the broker cannot be reached.
    """
    with current_app.connection_for_read() as connection, connection.channel() as channel:
        declared = channel.queue_declare(queue=name, passive=False, durable=True)
        return bool(declared.message_count == 0)


def _send(task: object, row_id: int, **options: object) -> bool:
    try:
        task.apply_async((row_id,), retry=False, **options)  # type: ignore[attr-defined]
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("the queue cannot be reached; the row waits: %s", error)
        return False
    return True
