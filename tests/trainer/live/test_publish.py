"""From a committed row to an open page, through a real Valkey."""

import json
import os
import time
from typing import Any

import pytest
from celery import shared_task
from channels.db import database_sync_to_async

import trainer.tasks  # noqa: F401  what a worker imports: it also hears of a task's end
from tests.setup.waiting import wait_until
from tests.trainer.rows import job_make
from trainer.live.events import TrainerMessage
from trainer.live.publish import BACKLOG, publish, publish_flush
from trainer.models import Job
from trainer.services.commands import job_stop

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey"),
]


def told(state: Any) -> TrainerMessage:
    """Return a message with a state that no trainer has."""
    return {"type": "trainer", "state": state}


@shared_task
def tell_from_a_task() -> None:
    publish("system", told("from-the-child"))


async def received(socket):
    return json.loads(await socket.receive_from(timeout=60))


async def test_a_page_hears_of_a_job_in_the_order_of_its_numbers(experiment, token, connect):
    socket = await connect(f"experiment=small&token={token}")
    job = await database_sync_to_async(job_make)(experiment)
    await database_sync_to_async(job_stop)(job=job)
    messages = [await received(socket) for _ in range(4)]
    assert [message["type"] for message in messages] == ["event", "job", "event", "job"]
    assert [message["seq"] for message in messages] == [1, 2, 3, 4]
    assert {message["job"] for message in messages} == {job.pk}
    assert [messages[1]["state"], messages[3]["state"]] == ["queued", "stopped"]
    assert await database_sync_to_async(lambda: Job.objects.get(pk=job.pk).seq)() == 4


async def test_a_page_that_hears_nothing_for_a_while_goes_on_following(experiment, token, connect):
    socket = await connect(f"token={token}")
    # redis-py 8 took five quiet seconds for a dead connection, and the page's socket with it.
    assert await socket.receive_nothing(timeout=6.5)
    publish("system", told("after-the-quiet"))
    assert (await received(socket))["state"] == "after-the-quiet"


async def test_a_message_that_is_no_json_is_dropped_and_the_next_arrives(
    experiment, token, connect, caplog
):
    socket = await connect(f"token={token}")
    for odd in (float("nan"), object()):
        publish("system", told(odd))
    publish("system", {"type": "trainer", "state": "online"})
    assert (await received(socket))["state"] == "online"
    assert caplog.text.count("a live message could not be sent") == 2


async def test_thousands_of_messages_arrive_in_order(experiment, token, connect):
    socket = await connect(f"token={token}")
    for number in range(BACKLOG // 2):
        publish("system", {"type": "job", "job": number, "seq": number})
    numbers = [(await received(socket))["job"] for _ in range(BACKLOG // 2)]
    assert numbers == list(range(BACKLOG // 2))


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # Celery forks, too
def test_a_forked_process_publishes_too_and_flushes_after_its_task(experiment, valkey):
    """A worker forks a process for each job or question: its last message must not die."""
    publish("system", {"type": "trainer", "state": "online"})
    publish_flush()
    listener = valkey.pubsub(ignore_subscribe_messages=True)
    listener.psubscribe("*")
    wait_until(lambda: valkey.pubsub_numpat() >= 1, "subscribed")
    child = os.fork()
    if child == 0:
        tell_from_a_task.apply()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

    def heard():
        message = listener.get_message(timeout=0.2)
        return message is not None and b"from-the-child" in message["data"]

    wait_until(heard, "the child's message")
    listener.close()


def test_flushing_where_nothing_was_published_takes_no_time():
    publish_flush(seconds=60)  # of what other tests said
    began = time.monotonic()
    publish_flush(seconds=600)
    assert time.monotonic() - began < 300
