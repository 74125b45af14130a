"""The webhook hears of each job's end once, signed, and never stands in the way."""

import datetime
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from trainer.models import Job, JobNotice
from trainer.processes import messenger
from trainer.processes.messenger import notice_send_next
from trainer.services import notices
from trainer.services.jobs import job_end, job_end_unheld
from trainer.services.notices import WAITS_SECONDS, notice_claim

pytestmark = pytest.mark.portable


class Ear(HTTPServer):
    """Somebody who listens, and answers as told."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard = []
        self.status = 204

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    server: Ear

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers, body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def ear(settings, monkeypatch):
    # However slow this machine is, an answer is in time and no attempt is due by itself.
    monkeypatch.setattr(messenger, "ANSWER_SECONDS", 120.0)
    monkeypatch.setattr(notices, "WAITS_SECONDS", tuple(60 * wait for wait in WAITS_SECONDS))
    server = Ear()
    settings.ACC_WEBHOOK_URL = server.url
    settings.ACC_WEBHOOK_SECRET = "between us"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def is_due_again():
    JobNotice.objects.update(next_at=timezone.now() - datetime.timedelta(seconds=1))


def test_a_jobs_end_is_told_once_and_signed(ear, running):
    job_end(running, state=Job.State.COMPLETED, step=50)
    assert notice_send_next()
    assert not notice_send_next()
    ((path, headers, body),) = ear.heard
    assert path == "/hook"
    told = json.loads(body)
    assert (told["type"], told["job"]["id"], told["job"]["state"]) == (
        "job_ended",
        running.pk,
        "completed",
    )
    signed = headers["X-ACC-Timestamp"].encode() + b"." + body
    expected = hmac.new(b"between us", signed, hashlib.sha256).hexdigest()
    assert headers["X-ACC-Signature"] == f"sha256={expected}"
    assert JobNotice.objects.get().state == "sent"


def test_a_job_that_nobody_held_is_told_as_well(ear, queued):
    job_end_unheld(queued, state=Job.State.STOPPED)
    assert notice_send_next()
    assert json.loads(ear.heard[0][2])["job"]["state"] == "stopped"


def test_without_a_webhook_nothing_is_noted(running):
    job_end(running, state=Job.State.COMPLETED, step=50)
    assert not JobNotice.objects.exists()


def test_a_failed_attempt_waits_and_is_given_up_in_the_end(ear, running):
    ear.status = 500
    job_end(running, state=Job.State.COMPLETED, step=50)
    for attempts in range(1, len(WAITS_SECONDS) + 2):
        assert notice_send_next()
        assert not notice_send_next()
        assert JobNotice.objects.get().attempts == attempts
        is_due_again()
    notice = JobNotice.objects.get()
    assert (notice.state, notice.error) == ("given_up", "it answered 500")
    assert not notice_send_next()


def test_an_attempt_that_fails_is_made_good_by_a_later_one(ear, running):
    ear.status = 503
    job_end(running, state=Job.State.FAILED, step=7, error="out of memory")
    notice_send_next()
    ear.status = 200
    is_due_again()
    notice_send_next()
    assert JobNotice.objects.get().state == "sent"
    assert len(ear.heard) == 2


def test_a_redirection_is_not_followed(ear, running):
    ear.status = 302
    job_end(running, state=Job.State.COMPLETED, step=50)
    notice_send_next()
    assert [path for path, *_ in ear.heard] == ["/hook"]
    assert JobNotice.objects.get().error == "it answered 302"


def test_nobody_at_the_address_is_a_failed_attempt_like_any_other(ear, running, settings):
    settings.ACC_WEBHOOK_URL = "http://127.0.0.1:9/secret-path"
    job_end(running, state=Job.State.COMPLETED, step=50)
    assert notice_send_next()
    error = JobNotice.objects.get().error
    assert "refused" in error
    assert "secret-path" not in error


def test_of_two_trainer_sides_one_sends(ear, running):
    job_end(running, state=Job.State.COMPLETED, step=50)
    assert notice_claim() is not None
    assert notice_claim() is None
