"""An experiment with three tasks, a trainer side, and somebody who is signed in."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.dashboard.rows import experiment_make
from tests.setup.trainer import trainer_stays
from trainer.models import Experiment


@pytest.fixture
def experiment(db) -> Experiment:
    return experiment_make("digits")


@pytest.fixture
def trainer_online(db) -> None:
    trainer_stays(devices=("cuda:0", "cpu"))


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_superuser("ada", password="notes-on-the-engine")


@pytest.fixture
def browser_client(ada) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def htmx(ada) -> Client:
    """Ask as htmx does."""
    client = Client(headers={"HX-Request": "true"})
    client.force_login(ada)
    return client
