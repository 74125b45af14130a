"""Environment variables: what they may hold, and the sentence when they hold something else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from accsite.env import BadEnvironment, env_bool, env_int, env_path, env_paths, env_url


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("Yes", True), ("off", False)])
def test_yes_and_no_are_understood(monkeypatch, value, meant):
    monkeypatch.setenv("ACC_X", value)
    assert env_bool("ACC_X", default=not meant) is meant


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("ACC_X", "  ")
    assert env_int("ACC_X", 7, minimum=1, maximum=9) == 7
    assert env_bool("ACC_X", default=True) is True
    assert env_paths("ACC_X") == []


def test_directories_are_separated_as_in_path_and_named_once(monkeypatch, tmp_path):
    one, two = tmp_path / "with blank", tmp_path / "two"
    monkeypatch.setenv("ACC_X", os.pathsep.join([str(one), "", str(two), str(one)]))
    assert env_paths("ACC_X") == [one, two]


def test_the_tilde_is_the_home_directory(monkeypatch):
    monkeypatch.setenv("ACC_X", "~/somewhere")
    assert env_path("ACC_X", Path("/")) == (Path.home() / "somewhere").resolve()


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: env_bool("ACC_X", default=True), "maybe"),
        (lambda: env_int("ACC_X", 1, minimum=1, maximum=9), "ten"),
        (lambda: env_int("ACC_X", 1, minimum=1, maximum=9), "10"),
        (lambda: env_url("ACC_X", schemes=("redis",)), "localhost:6379"),
    ],
)
def test_a_bad_value_is_refused_by_the_variables_name(monkeypatch, read, value):
    monkeypatch.setenv("ACC_X", value)
    with pytest.raises(BadEnvironment, match=r"ACC_X is .* must (be|begin with) "):
        read()


def test_what_is_no_url_is_said_to_be_none_and_not_repeated(monkeypatch):
    monkeypatch.setenv("ACC_X", "hunter2@host")
    with pytest.raises(BadEnvironment) as refusal:
        env_url("ACC_X", schemes=("redis", "rediss", "unix"))
    assert str(refusal.value) == (
        "ACC cannot start: ACC_X is not a URL; it must begin with redis://, rediss:// or unix://."
    )


def test_the_password_of_a_refused_url_is_not_repeated(monkeypatch):
    monkeypatch.setenv("ACC_X", "mysql://user:hunter2@host/db")
    with pytest.raises(BadEnvironment) as refusal:
        env_url("ACC_X", schemes=("postgres",))
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACC_PORT", "eighty"),
        ("ACC_DEVICE", "tpu"),
        ("REDIS_URL", "here"),
        ("REDIS_URL", "redis://:hun/ter@h:6379/0"),
        ("REDIS_URL", "redis://h/0?socket_timeout=20"),
        ("REDIS_URL", "redis://h/none"),
        ("REDIS_URL", "redis://h/0?ssl_ca_certs=/ca.pem"),
        ("REDIS_URL", "rediss://h/0?ssl_cert_reqs=perhaps"),
        ("DATABASE_URL", "postgres://acc:hun#ter@h/acc"),
        ("ACC_DEMO", "perhaps"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_sentence(name, value):
    ended = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "check"],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert ended.stderr.count("\n") == 1
    assert name in ended.stderr
    assert "hun" not in ended.stderr
