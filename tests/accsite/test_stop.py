"""How the web side ends when it is told to."""

import http.client
import json
import signal
from contextlib import closing

import pytest

from acc.verification.ports import free_port
from tests.browser.conftest import Site
from tests.setup.trainer import trainer_stays
from tests.setup.waiting import wait_until
from trainer.models import Call
from trainer.services.access import api_token_ensure
from trainer.services.calls import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(transactional_db):
    site = Site(free_port())
    site.start()
    yield site
    site.stop()


def test_it_ends_though_somebody_waits_for_the_trainer(site):
    trainer_stays()  # and answers nothing
    headers = {"Authorization": f"Bearer {api_token_ensure()}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", site.port)) as asked:
        asked.request("POST", "/datasets/load_builtin", json.dumps({"name": "digits"}), headers)
        wait_until(Call.objects.exists, "the trainer is asked")
        site.process.send_signal(signal.SIGTERM)
        assert site.process.wait(timeout=300) == 0
    call = Call.objects.get()
    assert call.state == Call.State.REFUSED
    assert call.finished_at is not None
    waited = call.finished_at - call.created_at
    assert waited.total_seconds() < PATIENCE_SECONDS
