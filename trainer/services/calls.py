"""Questions to the trainer side: asked by writing a row, answered by writing into it."""

import datetime
import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from trainer.live.events import EvalMessage
from trainer.models import Call, Checkpoint, Experiment
from trainer.selectors.nodes import trainer_is_starting, trainer_may_answer
from trainer.services.announce import announce
from trainer.services.leaving import LEAVING
from trainer.services.queue import call_wake

# The eval worker is ready a few seconds after a start; a download may take longer.
PATIENCE_SECONDS = 60.0
LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.02, 0.25
LOOK_FOR_TRAINER_SECONDS = 1.0
START_IT = "start it with 'manage.py runtrainer' and try again"
KEEP_SECONDS = 3600.0

# About what an open page shows.
SHOWN = (Call.Kind.EVAL_RUN, Call.Kind.PICTURES, Call.Kind.COMPARE, Call.Kind.LATENT)
# Whoever asks for the same once more waits with the first: nothing is changed by these.
PURE_LOOKS = (Call.Kind.DATASET_SAMPLE,)
# The eval workers answer one after the other, and others want to be answered, too.
MOST_PENDING = 50


class CallRefused(Exception):
    """The trainer side refused; the text says why, for the person who reads it."""


class TooManyAsked(CallRefused):
    """Somebody has many questions that nobody took yet; the text says so."""


class TrainerOffline(Exception):
    """Nobody is there who could answer; the text says what to do."""


class TrainerBusy(TrainerOffline):
    """Nobody took the question in time: it was not carried out, and will not be."""


def call_send(
    *, kind: str, payload: dict[str, Any], by: str = "", limit_seconds: int | None = None
) -> Call:
    """Write a question and wake an eval worker once it is committed.

    Args:
        limit_seconds: work that takes longer is ended and answered with a sentence; for code that
            is not ours, which may never return.
    """
    with transaction.atomic():
        call = Call.objects.create(kind=kind, payload=payload, by=by, limit_seconds=limit_seconds)
        transaction.on_commit(lambda: call_wake(call.pk, limit_seconds=limit_seconds))
        _tell(call)
    return call


def call_ask(
    *, kind: str, payload: dict[str, Any], by: str = "", limit_seconds: int | None = None
) -> Any:
    """Ask the trainer side and wait for its answer.

    A pure look that somebody has asked for already is waited for, and not asked for again.

    Raises:
        CallRefused: it cannot be done; in the words of the code that refused.
        TooManyAsked: as many questions of the same person wait as may.
        TrainerOffline: no trainer side is running, or it did not answer in time; or this process is
            about to end.
        TrainerBusy: the same, and it had not begun; or the trainer side went before it did.
    """
    trainer_require()
    with transaction.atomic():
        call = _same_look(kind, payload)
        if call is None:
            _pending_bounded(by)
            call = call_send(kind=kind, payload=payload, by=by, limit_seconds=limit_seconds)
    patience = PATIENCE_SECONDS + (limit_seconds or 0)
    asked_at = looked_at = time.monotonic()
    pause = LOOK_SECONDS
    while (now := time.monotonic()) < asked_at + patience:
        call.refresh_from_db()
        if call.state == Call.State.DONE:
            return call.answer
        if call.state == Call.State.REFUSED:
            raise CallRefused(call.error)
        if now > looked_at + LOOK_FOR_TRAINER_SECONDS:
            looked_at = now
            if not trainer_may_answer() and (call.kind in PURE_LOOKS or _take_back(call)):
                raise TrainerBusy(f"the trainer went away before it answered; {START_IT}")
        if LEAVING.wait(pause):
            break
        pause = min(1.1 * pause, LONGEST_LOOK_SECONDS)
    if LEAVING.is_set():
        _take_back(call)
        raise TrainerOffline("the web side is being stopped; try again once it is back")
    late = TrainerBusy if _take_back(call) else TrainerOffline
    raise late(f"the trainer did not answer within {patience:.0f} s; see its log")


def _same_look(kind: str, payload: dict[str, Any]) -> Call | None:
    """Return a look of the same kind that is under way."""
    if kind not in PURE_LOOKS:
        return None
    under_way = Call.objects.filter(kind=kind, state__in=(Call.State.PENDING, Call.State.RUNNING))
    return under_way.filter(payload=payload).first()


def _pending_bounded(by: str) -> None:
    """Go on only where somebody has not yet asked as much as they may.

    Raises:
        TooManyAsked: they have.
    """
    if by and Call.objects.filter(by=by, state=Call.State.PENDING).count() >= MOST_PENDING:
        raise TooManyAsked(
            f"{MOST_PENDING} of your questions wait for the trainer already; "
            "try again once some are answered"
        )


def _take_back(call: Call) -> bool:
    """Give up a question, so that it is not carried out later; False where it has begun."""
    if call.kind in PURE_LOOKS:
        return False  # others may wait for it, too
    waiting = Call.objects.filter(pk=call.pk, state=Call.State.PENDING)
    given_up = waiting.update(
        state=Call.State.REFUSED, error="nobody waited any longer", finished_at=timezone.now()
    )
    return bool(given_up)


def trainer_require() -> None:
    """Go on only where somebody is there to answer; a trainer that is just starting is waited for.

    Raises:
        TrainerOffline: nobody is.
    """
    while not trainer_may_answer():
        if not trainer_is_starting() or LEAVING.wait(LONGEST_LOOK_SECONDS):
            raise TrainerOffline(f"the trainer is offline; {START_IT}")


def call_claim(call_id: int, *, worker: str) -> Call | None:
    """Take a pending question; None if somebody else has it."""
    taken = Call.objects.filter(pk=call_id, state=Call.State.PENDING).update(
        state=Call.State.RUNNING, worker=worker, started_at=timezone.now()
    )
    return Call.objects.get(pk=call_id) if taken else None


def calls_give_up(*, by: str) -> bool:
    """Take back what somebody asked and nobody has begun; return whether some is still at work.

    Looks at a latent are left: they change nothing.
    """
    asked = Call.objects.filter(by=by).exclude(kind=Call.Kind.LATENT)
    asked.filter(state=Call.State.PENDING).update(
        state=Call.State.REFUSED, error="nobody waits for it any more", finished_at=timezone.now()
    )
    return asked.filter(state=Call.State.RUNNING).exists()


@transaction.atomic
def call_finish(call: Call, *, answer: Any = None, error: str = "") -> None:
    """Write the answer, or why there is none; whoever comes second is too late."""
    call.state = Call.State.REFUSED if error else Call.State.DONE
    call.answer, call.error, call.finished_at = answer, error, timezone.now()
    finished = Call.objects.filter(pk=call.pk, state=Call.State.RUNNING).update(
        state=call.state, answer=answer, error=error, finished_at=call.finished_at
    )
    if finished:
        _tell(call)


def call_doing(call_id: int, doing: str) -> None:
    """Note what is at work, before code is called that may never return."""
    Call.objects.filter(pk=call_id).update(doing=doing[: Call._meta.get_field("doing").max_length])


def call_takes(call_id: int, checkpoint: Checkpoint) -> None:
    """Note which state answers a call that named none: nobody may drop it before the end."""
    call = Call.objects.filter(pk=call_id).first()
    if call is not None:
        call.payload["taken"] = checkpoint.pk
        call.save(update_fields=["payload"])


def call_end_lost(call: Call) -> None:
    """Answer a running call whose worker is dead, or so late that it must be."""
    limit = call.limit_seconds
    if limit is None or call_age_seconds(call) < limit:
        at = f" at {call.doing}" if call.doing else " while it answered"
        call_finish(call, error=f"the worker died{at}; try again")
        return
    call_finish(
        call,
        error=f"{call.doing or 'it'} took longer than {limit} s and was ended; "
        "ACC_EVAL_SECONDS allows more",
    )


def call_age_seconds(call: Call) -> float:
    """Return for how long a call has been worked on."""
    begun = call.started_at or call.created_at
    return (timezone.now() - begun).total_seconds()


def _tell(call: Call) -> None:
    """Tell the open pages of an experiment about work whose progress they show."""
    if call.kind not in SHOWN:
        return
    slug = call.payload["experiment"]
    told = {"kind": call.kind, "state": call.state, "error": call.error or None}
    message: EvalMessage = {
        "type": "eval",
        "experiment": slug,
        "eval": {**(call.answer or {}), **told},
    }
    announce(Experiment(slug=slug).group, message)


def calls_forget_old() -> None:
    """Delete answers that were read long ago; samples of images would pile up."""
    old = timezone.now() - datetime.timedelta(seconds=KEEP_SECONDS)
    Call.objects.filter(finished_at__lt=old).delete()
