"""What the settings make of the environment, read in a process of their own."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

PRINT = """
import json, sys
from accsite import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def read(*names, **environment):
    """Return settings as a process with these variables sees them."""
    printed = subprocess.run(
        [sys.executable, "-c", PRINT, *names],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(printed.stdout)


def test_two_systems_on_one_machine_do_not_share_cookies(tmp_path):
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME")
    one, two = (read(*names, ACC_HOME=str(tmp_path / home)) for home in ("one", "two"))
    assert not set(one.values()) & set(two.values())


def test_a_blank_in_the_data_directory_reaches_every_client_of_the_socket(tmp_path):
    found = read("REDIS_URL", "CELERY_BROKER_URL", ACC_HOME=str(tmp_path / "a b"))
    assert found["REDIS_URL"].endswith("/a%20b/valkey.sock?db=0")
    assert found["CELERY_BROKER_URL"].endswith("/a%20b/valkey.sock?virtual_host=0")


def test_a_redis_of_the_operators_own_is_used_as_it_is():
    url = "redis://:word@host:6380/3"
    found = read("REDIS_URL", "CELERY_BROKER_URL", "ACC_EMBEDDED_VALKEY", REDIS_URL=url)
    assert found == {"REDIS_URL": url, "CELERY_BROKER_URL": url, "ACC_EMBEDDED_VALKEY": False}


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("rediss://host/0", "rediss://host/0?ssl_cert_reqs=required"),
        ("rediss://host/0?ssl_ca_certs=/ca.pem", "rediss://host/0?ssl_ca_certs=/ca.pem"),
    ],
)
def test_the_queue_checks_the_certificate_of_its_server(url, checked):
    assert read("CELERY_BROKER_URL", REDIS_URL=url)["CELERY_BROKER_URL"] == checked


@pytest.mark.parametrize(
    ("url", "ours", "celery"),
    [
        ("redis://host", "redis://host/0", "redis://host/0"),
        ("redis://host:6380?db=2", "redis://host:6380/2", "redis://host:6380/2"),
        ("redis://h/0?password=a%2Fb", "redis://:a%2Fb@h/0", "redis://:a%2Fb@h/0"),
        ("redis://ann:w%40rd@[::1]:1/3", "redis://ann:w%40rd@[::1]:1/3", ""),
        ("rediss://h?ssl_cert_reqs=CERT_NONE", "rediss://h/0?ssl_cert_reqs=none", ""),
        ("rediss://h?ssl_check_hostname=0", "rediss://h/0?ssl_check_hostname=false", ""),
        ("unix:///s", "unix:///s?db=0", "redis+socket:///s?virtual_host=0"),
        (
            "unix:///r/s.sock?db=1&password=x",
            "unix://:x@/r/s.sock?db=1",
            "redis+socket://:x@/r/s.sock?virtual_host=1",
        ),
    ],
)
def test_every_client_is_told_the_same_server_password_and_database(url, ours, celery):
    found = read("REDIS_URL", "CELERY_BROKER_URL", REDIS_URL=url)
    assert found == {"REDIS_URL": ours, "CELERY_BROKER_URL": celery or ours}


@pytest.mark.parametrize("form", ["redis://host/{}", "unix:///run/redis.sock?db={}"])
def test_two_database_numbers_of_one_redis_do_not_hear_each_other(form):
    one, two = (read("CHANNEL_LAYERS", REDIS_URL=form.format(n)) for n in (1, 2))
    assert one["CHANNEL_LAYERS"]["default"]["CONFIG"]["prefix"] == "acc-1"
    assert two["CHANNEL_LAYERS"]["default"]["CONFIG"]["prefix"] == "acc-2"


def test_a_relative_database_file_lies_in_the_data_directory(tmp_path):
    found = read("DATABASES", ACC_HOME=str(tmp_path), DATABASE_URL="sqlite:///mine.db")
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "mine.db")


def test_machines_that_share_a_database_share_files_through_it_unless_told_otherwise():
    backends = {
        url: read("STORAGES", DATABASE_URL=url, ACC_STORAGE="")["STORAGES"]["default"]["BACKEND"]
        for url in ("", "postgres://host/acc")
    }
    assert "FileSystemStorage" in backends[""]
    assert backends["postgres://host/acc"] == "trainer.storage.DatabaseStorage"
    told = read("ACC_STORAGE", DATABASE_URL="postgres://host/acc", ACC_STORAGE="files")
    assert told["ACC_STORAGE"] == "files"


def test_a_host_that_acc_is_told_to_serve_is_an_allowed_one():
    found = read("ALLOWED_HOSTS", ACC_HOST="192.0.2.7", ACC_ALLOWED_HOSTS="acc.example, other")
    assert {"127.0.0.1", "192.0.2.7", "acc.example", "other"} <= set(found["ALLOWED_HOSTS"])


@pytest.mark.parametrize("host", ["fd00::5", "[fd00::5]"])
def test_an_address_with_colons_is_allowed_as_browsers_write_it(host):
    found = read("ALLOWED_HOSTS", "ACC_HOST", ACC_HOST=host)
    assert "[fd00::5]" in found["ALLOWED_HOSTS"]
    assert found["ACC_HOST"] == "fd00::5"


def test_serving_every_address_allows_no_more_hosts():
    assert read("ALLOWED_HOSTS", ACC_HOST="0.0.0.0") == read("ALLOWED_HOSTS")


@pytest.mark.django_db(transaction=True)
def test_sqlite_runs_with_a_write_ahead_log_and_immediate_transactions():
    with connection.cursor() as cursor:
        found = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 20000}
    assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
