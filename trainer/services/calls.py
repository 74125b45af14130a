"""Questions to the trainer side: asked by writing a row, answered by writing into it."""

import datetime
import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from trainer.models import Call
from trainer.selectors.nodes import trainer_is_online
from trainer.services.queue import call_wake

# The eval worker is ready a few seconds after a start; a download may take longer.
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.02
KEEP_SECONDS = 3600.0


class CallRefused(Exception):
    """The trainer side refused; the text says why, for the person who reads it."""


class TrainerOffline(Exception):
    """Nobody is there who could answer; the text says what to do."""


def call_send(*, kind: str, payload: dict[str, Any], by: str = "") -> Call:
    """Write a question and wake an eval worker once it is committed."""
    with transaction.atomic():
        call = Call.objects.create(kind=kind, payload=payload, by=by)
        transaction.on_commit(lambda: call_wake(call.pk))
    return call


def call_ask(*, kind: str, payload: dict[str, Any], by: str = "") -> Any:
    """Ask the trainer side and wait for its answer.

    Raises:
        CallRefused: it cannot be done; in the words of the code that refused.
        TrainerOffline: no trainer side is running, or it did not answer in time.
    """
    if not trainer_is_online():
        raise TrainerOffline(
            "the trainer is offline; start it with 'manage.py runtrainer' and try again"
        )
    call = call_send(kind=kind, payload=payload, by=by)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        call.refresh_from_db()
        if call.state == Call.State.DONE:
            return call.answer
        if call.state == Call.State.REFUSED:
            raise CallRefused(call.error)
        time.sleep(LOOK_SECONDS)
    # Not to be carried out when nobody waits for it any more.
    Call.objects.filter(pk=call.pk, state=Call.State.PENDING).update(
        state=Call.State.REFUSED, error="nobody waited any longer", finished_at=timezone.now()
    )
    raise TrainerOffline("the trainer did not answer within a minute; see its log")


def call_claim(call_id: int, *, worker: str) -> Call | None:
    """Take a pending question; None if somebody else has it."""
    taken = Call.objects.filter(pk=call_id, state=Call.State.PENDING).update(
        state=Call.State.RUNNING, worker=worker
    )
    return Call.objects.get(pk=call_id) if taken else None


def call_finish(call: Call, *, answer: Any = None, error: str = "") -> None:
    """Write the answer, or why there is none."""
    call.state = Call.State.REFUSED if error else Call.State.DONE
    call.answer, call.error, call.finished_at = answer, error, timezone.now()
    call.save()


def calls_forget_old() -> None:
    """Delete answers that were read long ago; samples of images would pile up."""
    old = timezone.now() - datetime.timedelta(seconds=KEEP_SECONDS)
    Call.objects.filter(finished_at__lt=old).delete()
