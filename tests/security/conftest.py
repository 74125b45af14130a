"""Somebody of each role, signed in, and an experiment that they could change."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.dashboard.rows import experiment_make
from trainer.models import Experiment
from trainer.services.roles import OPERATOR, VIEWER

PASSWORD = "notes-on-the-engine"


def person_make(name: str, *groups: str) -> User:
    """Make somebody who is a member of the groups."""
    person = User.objects.create_user(name, password=PASSWORD)
    person.groups.set(Group.objects.filter(name__in=groups))
    assert person.groups.count() == len(groups)
    return person


def page_of(person: User) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


@pytest.fixture
def experiment(db) -> Experiment:
    return experiment_make("digits")


@pytest.fixture
def viewer(db) -> User:
    return person_make("vera", VIEWER)


@pytest.fixture
def operator(db) -> User:
    return person_make("otto", OPERATOR)


@pytest.fixture
def administrator(db) -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)
