"""A script that calls the API, and a trainer side that answers."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from tests.setup.trainer import trainer_stays
from tests.setup.waiting import wait_until
from tests.trainer.rows import experiment_make, job_run_begin
from trainer.models import Call, Job, JobCommand
from trainer.services import commands
from trainer.services.access import api_token_ensure
from trainer.services.nodes import node_goodbye


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

    def work() -> None:
        try:
            while not ended.wait(0.02):
                for call in Call.objects.filter(state=Call.State.PENDING):
                    call_answer(call.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    trainer_stays(torch="2")
    thread.start()
    yield
    ended.set()
    thread.join()
    node_goodbye()


@pytest.fixture
def worker(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Job, JobCommand], Any]], None]:
    """A held job, and a function that answers its next command as a worker would."""
    monkeypatch.setattr(commands, "PATIENCE_SECONDS", 120.0)
    job = job_run_begin(experiment_make())
    pending = JobCommand.objects.filter(state=JobCommand.State.PENDING)

    def answer(write: Callable[[Job, JobCommand], Any]) -> None:
        def work() -> None:
            try:
                command = wait_until(pending.first, "somebody asks")
                write(Job.objects.select_related("experiment").get(pk=job.pk), command)
            finally:
                connection.close()

        threading.Thread(target=work, daemon=True).start()

    return answer
