"""A script that calls the API, and a trainer side that answers."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from tests.trainer.rows import experiment_make, job_run_begin
from trainer.models import Call, Job, JobCommand
from trainer.services.access import api_token_ensure
from trainer.services.nodes import node_goodbye, node_heartbeat


class Script:
    """Calls the API with the token, as a person's script does."""

    def __init__(self) -> None:
        """Read the token as a script on the same machine can."""
        self.headers = {"Authorization": f"Bearer {api_token_ensure()}"}
        self.client = Client(raise_request_exception=False, headers=self.headers)

    def get(self, path: str, **query: Any) -> Any:
        """Return the answer to a GET."""
        return self.client.get(path, query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Return the answer to a POST with a JSON body, or with none."""
        sent = "" if body is None else body
        return self.client.post(path, sent, content_type="application/json", query_params=query)


@pytest.fixture
def script(db: None) -> Script:
    """A script with the API token."""
    return Script()


@pytest.fixture
def refused() -> Callable[[HttpResponse, int], str]:
    """Check that an answer is an error of the API's shape; return its sentence."""

    def check(answer: HttpResponse, status: int) -> str:
        body = answer.json()  # type: ignore[attr-defined]
        assert (answer.status_code, list(body)) == (status, ["error"]), body
        sentence = body["error"]
        assert sentence
        assert "Traceback" not in sentence
        return str(sentence)

    return check


@pytest.fixture
def trainer_side(transactional_db: None, valkey: object) -> Iterator[None]:
    """Somebody who answers calls, with the worker's own code."""
    from tests.setup.classes import shipped_classes_store
    from trainer.worker.answer import call_answer

    shipped_classes_store()

    ended = threading.Event()

    def beat() -> None:
        # On a thread of its own, as a trainer side does: an answer may take longer than a silence.
        try:
            while not ended.wait(0.5):
                node_heartbeat(devices=["cpu"], versions={"torch": "2"})
            node_goodbye()
        finally:
            connection.close()

    def work() -> None:
        try:
            while not ended.wait(0.02):
                for call in Call.objects.filter(state=Call.State.PENDING):
                    call_answer(call.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=beat), threading.Thread(target=work)]
    node_heartbeat(devices=["cpu"], versions={"torch": "2"})
    for thread in threads:
        thread.start()
    yield
    ended.set()
    for thread in threads:
        thread.join()


@pytest.fixture
def worker(transactional_db: None) -> Callable[[Callable[[Job, JobCommand], Any]], None]:
    """A held job, and a function that answers its next command as a worker would."""
    job = job_run_begin(experiment_make())

    def answer(write: Callable[[Job, JobCommand], Any]) -> None:
        def work() -> None:
            try:
                while not (command := JobCommand.objects.filter(state="pending").first()):
                    pass
                write(Job.objects.select_related("experiment").get(pk=job.pk), command)
            finally:
                connection.close()

        threading.Thread(target=work, daemon=True).start()

    return answer
