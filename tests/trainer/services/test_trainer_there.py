"""Who is asked only where a trainer side is there, or about to come."""

import datetime
import time

import pytest
from django.utils import timezone

from tests.setup.answering import answering
from tests.setup.trainer import trainer_stays
from trainer.models import Call, TrainerNode
from trainer.selectors import nodes
from trainer.selectors.nodes import SILENCE_SECONDS, trainer_is_online
from trainer.services import calls
from trainer.services.calls import TrainerBusy, TrainerOffline, call_ask
from trainer.services.leaving import LEAVING
from trainer.services.nodes import node_goodbye, node_heartbeat

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey"),
]


def test_without_a_trainer_nothing_is_asked():
    with pytest.raises(TrainerOffline, match="the trainer is offline; start it with"):
        call_ask(kind="anything", payload={})
    assert not Call.objects.exists()


@pytest.fixture
def just_begun(monkeypatch, settings):
    """Be the web side of a system that is starting."""
    settings.ACC_PROCESS = "web"
    monkeypatch.setattr(nodes, "_BEGAN", time.monotonic())
    monkeypatch.setattr(nodes, "_BEGAN_AT", timezone.now())


@pytest.mark.usefixtures("just_begun")
def test_a_trainer_that_is_only_starting_is_waited_for(monkeypatch):
    waited = []

    def wait(seconds):
        waited.append(seconds)
        trainer_stays()
        return False

    monkeypatch.setattr(LEAVING, "wait", wait)
    thread = answering(answer={"n": 3})
    assert call_ask(kind="anything", payload={}) == {"n": 3}
    thread.join()
    assert waited


@pytest.mark.usefixtures("just_begun")
def test_a_trainer_that_does_not_come_or_went_again_is_not_waited_for(monkeypatch):
    node_heartbeat(devices=["cpu"], versions={})
    monkeypatch.setattr(nodes, "LOST_SECONDS", 0.0)
    with pytest.raises(TrainerOffline):
        call_ask(kind="anything", payload={})
    TrainerNode.objects.all().delete()
    monkeypatch.setattr(nodes, "_BEGAN", time.monotonic() - nodes.STARTING_SECONDS - 1)
    with pytest.raises(TrainerOffline):
        call_ask(kind="anything", payload={})


def test_a_trainer_that_left_is_not_asked():
    node_heartbeat(devices=["cpu"], versions={})
    node_goodbye()
    with pytest.raises(TrainerOffline):
        call_ask(kind="anything", payload={})


def test_a_trainer_whose_beat_is_late_is_asked_and_one_that_is_lost_is_not(monkeypatch):
    monkeypatch.setattr(calls, "LOOK_FOR_TRAINER_SECONDS", 0.0)
    node_heartbeat(devices=["cpu"], versions={})
    heard(seconds_ago=SILENCE_SECONDS + 1)
    monkeypatch.setattr(nodes, "LOST_SECONDS", 3600.0)
    assert not trainer_is_online()
    thread = answering(answer={"n": 3})
    assert call_ask(kind="anything", payload={}) == {"n": 3}
    thread.join()
    heard(seconds_ago=3601)
    with pytest.raises(TrainerOffline, match="the trainer is offline"):
        call_ask(kind="anything", payload={})


def heard(*, seconds_ago):
    seen_at = timezone.now() - datetime.timedelta(seconds=seconds_ago)
    TrainerNode.objects.update(seen_at=seen_at)


def test_nobody_waits_for_a_trainer_that_leaves_meanwhile(monkeypatch):
    monkeypatch.setattr(calls, "LOOK_FOR_TRAINER_SECONDS", 0.0)
    monkeypatch.setattr(calls, "call_wake", lambda *_args, **_how: node_goodbye())
    trainer_stays()
    with pytest.raises(TrainerBusy, match="the trainer went away before it answered; start it"):
        call_ask(kind="anything", payload={})
    assert Call.objects.get().state == Call.State.REFUSED
