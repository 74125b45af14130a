"""Questions to the trainer side."""

import datetime
import threading
from types import SimpleNamespace

import pytest
from django.utils import timezone

from tests.setup.answering import answering
from tests.setup.trainer import trainer_stays
from tests.setup.waiting import wait_until
from tests.trainer.rows import at_once
from trainer.models import Call, TrainerNode
from trainer.services import calls, workers
from trainer.services.calls import (
    CallRefused,
    TooManyAsked,
    call_ask,
    call_claim,
    call_doing,
    call_finish,
    call_send,
)
from trainer.services.leaving import LEAVING
from trainer.services.reconciler import reconcile_once
from trainer.services.workers import Missing, worker_name

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey"),
]


def test_the_answer_comes_back():
    trainer_stays()
    thread = answering(answer={"n": 3})
    assert call_ask(kind="anything", payload={}, by="ann") == {"n": 3}
    thread.join()
    assert Call.objects.get().by == "ann"


def test_a_refusal_comes_back_in_the_words_of_who_refused():
    trainer_stays()
    thread = answering(error="it does not fit")
    with pytest.raises(CallRefused, match=r"^it does not fit$"):
        call_ask(kind="anything", payload={})
    thread.join()


def test_the_same_look_of_many_is_one_question(monkeypatch):
    waiting: set[int] = set()

    class Watched:
        is_set = LEAVING.is_set

        def wait(self, seconds):
            waiting.add(threading.get_ident())
            return LEAVING.wait(seconds)

    monkeypatch.setattr(calls, "LEAVING", Watched())
    trainer_stays()
    kind, payload = Call.Kind.DATASET_SAMPLE, {"name": "digits", "n": 8}
    call_send(kind=kind, payload=payload)

    def ask():
        return call_ask(kind=kind, payload=payload, by="vera")

    def answer():
        wait_until(lambda: len(waiting) == 3, "all of them wait", seconds=60)
        claimed = call_claim(Call.objects.get().pk, worker="a:1:0")
        assert claimed is not None
        call_finish(claimed, answer={"images": []})

    *answers, _ = at_once(ask, ask, ask, answer)
    assert answers == [{"images": []}] * 3
    assert Call.objects.count() == 1


def test_another_look_and_other_work_are_questions_of_their_own():
    trainer_stays()
    call_send(kind=Call.Kind.DATASET_SAMPLE, payload={"name": "digits", "n": 8})
    call_send(kind="anything", payload={"n": 1})
    for kind, payload in (
        (Call.Kind.DATASET_SAMPLE, {"name": "digits", "n": 9}),
        ("anything", {"n": 1}),
    ):
        thread = answering(answer={"n": 3})
        assert call_ask(kind=kind, payload=payload) == {"n": 3}
        thread.join()
    assert Call.objects.count() == 4


def test_nobody_has_more_than_fifty_questions_waiting_and_others_go_on():
    trainer_stays()
    for number in range(50):
        call_send(kind="anything", payload={"n": number}, by="vera")
    with pytest.raises(TooManyAsked, match="50 of your questions wait for the trainer already"):
        call_ask(kind="anything", payload={}, by="vera")
    thread = answering(answer={"n": 3})
    assert call_ask(kind="anything", payload={}, by="otto") == {"n": 3}
    thread.join()


def test_of_two_workers_one_gets_the_question():
    call = call_send(kind="anything", payload={})
    results = at_once(
        lambda: call_claim(call.pk, worker="a:1:0"), lambda: call_claim(call.pk, worker="b:1:0")
    )
    assert sorted(result is not None for result in results) == [False, True]


def running_since(seconds, *, limit, worker):
    """Return a call that a worker took so long ago."""
    call = call_claim(call_send(kind="anything", payload={}, limit_seconds=limit).pk, worker=worker)
    assert call is not None
    started_at = timezone.now() - datetime.timedelta(seconds=seconds)
    Call.objects.filter(pk=call.pk).update(started_at=started_at)
    return call


@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize(
    ("seconds", "worker", "sentence"),
    [
        (1, "dead", "the worker died while it answered; try again"),
        (31, "dead", "it took longer than 30 s and was ended; ACC_EVAL_SECONDS allows more"),
        # Of another machine, where nobody here can see whether it is alive.
        (41, "elsewhere:1:0", "it took longer than 30 s and was ended"),
        (39, "elsewhere:1:0", ""),
        (29, "alive", ""),
    ],
)
def test_work_that_takes_too_long_or_loses_its_worker_is_answered_all_the_same(
    seconds, worker, sentence
):
    here = worker_name().rsplit(":", 1)[0]
    names = {"dead": f"{here}:0", "alive": worker_name()}
    call = running_since(seconds, limit=30, worker=names.get(worker, worker))
    reconcile_once()
    call.refresh_from_db()
    assert call.state == (Call.State.REFUSED if sentence else Call.State.RUNNING)
    assert call.error.startswith(sentence)


@pytest.mark.parametrize(
    ("others", "is_lost"),
    [
        ([], True),
        (["elsewhere:7:3-ffff0000"], True),  # started anew, after its machine was
        (["elsewhere:7:3-abcd1234"], False),
        (["old:7:3"], False),  # one that does not say which it is
    ],
)
def test_work_without_a_limit_is_lost_once_no_trainer_side_had_its_worker_for_a_minute(
    others, is_lost, monkeypatch
):
    clock = [1000.0]
    monkeypatch.setattr(workers, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    here = running_since(60, limit=None, worker=worker_name())
    call = running_since(60, limit=None, worker="elsewhere:1:0-abcd1234")
    missing = Missing()
    for seconds in (0.0, 59.0):
        clock[0] = 1000.0 + seconds
        reconcile_once(missing=missing)
        call.refresh_from_db()
        assert call.state == Call.State.RUNNING
    for name in others:
        TrainerNode.objects.create(name=name, seen_at=timezone.now())
    clock[0] += 1.0
    reconcile_once(missing=missing)
    call.refresh_from_db()
    here.refresh_from_db()
    assert (call.state == Call.State.REFUSED) == is_lost
    assert here.state == Call.State.RUNNING


def test_what_was_at_work_is_named():
    call = running_since(41, limit=30, worker="elsewhere:1:0")
    call_doing(call.pk, "task 'endless'")
    reconcile_once()
    call.refresh_from_db()
    assert call.error.startswith("task 'endless' took longer than 30 s and was ended")


def test_an_answer_that_comes_after_the_refusal_is_too_late():
    call = running_since(41, limit=30, worker="elsewhere:1:0")
    reconcile_once()
    call_finish(call, answer={"n": 3})
    call.refresh_from_db()
    assert (call.state, call.answer) == (Call.State.REFUSED, None)


def test_open_pages_hear_that_an_evaluation_began_and_why_it_failed(monkeypatch):
    sent: list[tuple[str, dict]] = []
    monkeypatch.setattr("trainer.services.announce.publish", lambda *told: sent.append(told))
    call = call_send(kind=Call.Kind.EVAL_RUN, payload={"experiment": "small"})
    claimed = call_claim(call.pk, worker="a:1:0")
    assert claimed is not None
    call_finish(claimed, error="no such checkpoint")
    assert [(group, message["type"]) for group, message in sent] == [
        ("experiment.small", "eval")
    ] * 2
    told = [message["eval"] for _, message in sent]
    assert [(found["state"], found["error"]) for found in told] == [
        ("pending", None),
        ("refused", "no such checkpoint"),
    ]
