"""The worker's ear: commands, the lease and the wish to shut down, heard on another thread."""

import logging
import threading
import time
from collections import deque
from enum import Enum, auto

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections, connection
from redis.client import PubSub
from redis.exceptions import RedisError

from trainer.models import Job, JobCommand
from trainer.redis_client import redis_client
from trainer.services.commands import bell_channel
from trainer.services.jobs import FenceLostError, job_lease_renew
from trainer.worker.meter import Meter
from trainer.worker.pulse import Pulse
from trainer.worker.stop_flag import stop_requested
from trainer.worker.task_parts import Fetched

logger = logging.getLogger("acc.worker")

# A command whose bell is lost is found this soon; the lease is renewed as often.
LOOK_SECONDS = 1.0
BELL_SECONDS = 0.25


class Order(Enum):
    """What the loop must do that no operator asked for."""

    SHUT_DOWN = auto()
    ABANDON = auto()


class Control(threading.Thread):
    """Fills `inbox`; the loop looks at it between two steps, which costs a tenth of a microsecond.

    The lease is renewed from here, so that a long step or a slow disk does not lose the job.
    """

    def __init__(self, job: Job) -> None:
        """Listen for one claimed job; the thread begins with `start`."""
        super().__init__(name=f"control-{job.pk}", daemon=True)
        self.inbox: deque[JobCommand | Order | Fetched] = deque()
        self.pulse = Pulse()
        self.meter = Meter(job)
        self._arrived = threading.Event()
        self._job = job
        self._last_id = 0
        self._ended = threading.Event()

    def end(self) -> None:
        """Stop listening and wait for the thread."""
        self._ended.set()
        self.join()

    def put(self, order: JobCommand | Order | Fetched) -> None:
        """Have the loop look at something before its next step; from any thread."""
        self.inbox.append(order)
        self._arrived.set()

    def wait_for_order(self, seconds: float) -> None:
        """Wait until something is in the inbox, or for so long."""
        self._arrived.wait(seconds)
        self._arrived.clear()

    def run(self) -> None:
        """Listen until `end`, or until the job is no longer ours."""
        bell = self._bell()
        next_look = 0.0
        try:
            while not self._ended.is_set():
                if self._rang(bell) or time.monotonic() >= next_look:
                    next_look = time.monotonic() + LOOK_SECONDS
                    self._look()
                if stop_requested():
                    self.put(Order.SHUT_DOWN)
                    self._renew_until_ended()
                    return
        except FenceLostError:
            self.put(Order.ABANDON)
        except Exception:
            # Without an ear the job cannot be steered or held: leave it to another worker.
            logger.exception("job %s: its control thread broke", self._job.pk)
            self.put(Order.ABANDON)
        finally:
            bell.close()
            connection.close()

    def _look(self) -> None:
        try:
            job_lease_renew(self._job, stepped_at=self.pulse.seen_at())
            self.meter.look()
            for command in JobCommand.objects.filter(
                job=self._job,
                state=JobCommand.State.PENDING,
                due_step=None,
                pk__gt=self._last_id,
            ):
                self._last_id = command.pk
                # With the fence of this claim: an answer counts only while the job is ours.
                command.job = self._job
                self.put(command)
        except DatabaseTrouble as error:
            # The lease outlasts a short absence of the database; the next look tries again.
            logger.warning("job %s: the database does not answer: %s", self._job.pk, error)
            close_old_connections()

    def _renew_until_ended(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._look()

    def _bell(self) -> PubSub:
        redis = redis_client(settings.REDIS_URL, seconds=5)
        bell: PubSub = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        return bell

    def _rang(self, bell: PubSub) -> bool:
        """Wait a moment for the bell; without Redis, just wait."""
        try:
            if not bell.subscribed:
                bell.subscribe(bell_channel(self._job.pk))  # type: ignore[no-untyped-call]
            return bell.get_message(timeout=BELL_SECONDS) is not None
        except (RedisError, OSError):
            self._ended.wait(BELL_SECONDS)
            return False
