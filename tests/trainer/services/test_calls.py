"""Questions to the trainer side."""

import threading

import pytest
from django.db import connection

from tests.trainer.rows import at_once
from trainer.models import Call
from trainer.services.calls import (
    CallRefused,
    TrainerOffline,
    call_ask,
    call_claim,
    call_finish,
    call_send,
)
from trainer.services.nodes import node_goodbye, node_heartbeat

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey"),
]


def answering(**outcome):
    """Answer the next question in a thread, as a worker would."""

    def work():
        try:
            while not (call := Call.objects.filter(state=Call.State.PENDING).first()):
                pass
            claimed = call_claim(call.pk, worker="a:1:0")
            assert claimed is not None
            call_finish(claimed, **outcome)
        finally:
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_without_a_trainer_nothing_is_asked():
    with pytest.raises(TrainerOffline, match="the trainer is offline; start it with"):
        call_ask(kind="anything", payload={})
    assert not Call.objects.exists()


def test_a_trainer_that_left_is_not_asked():
    node_heartbeat(devices=["cpu"], versions={})
    node_goodbye()
    with pytest.raises(TrainerOffline):
        call_ask(kind="anything", payload={})


def test_the_answer_comes_back():
    node_heartbeat(devices=["cpu"], versions={})
    thread = answering(answer={"n": 3})
    assert call_ask(kind="anything", payload={}, by="ann") == {"n": 3}
    thread.join()
    assert Call.objects.get().by == "ann"


def test_a_refusal_comes_back_in_the_words_of_who_refused():
    node_heartbeat(devices=["cpu"], versions={})
    thread = answering(error="it does not fit")
    with pytest.raises(CallRefused, match=r"^it does not fit$"):
        call_ask(kind="anything", payload={})
    thread.join()


def test_of_two_workers_one_gets_the_question():
    call = call_send(kind="anything", payload={})
    results = at_once(
        lambda: call_claim(call.pk, worker="a:1:0"), lambda: call_claim(call.pk, worker="b:1:0")
    )
    assert sorted(result is not None for result in results) == [False, True]
