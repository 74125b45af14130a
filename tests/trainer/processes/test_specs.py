"""What the parts of a running system are told, and where people are sent."""

import os
import signal
from pathlib import Path

import pytest

from trainer.processes.signals import STOP_SIGNALS, stop_signals
from trainer.processes.specs import child_env, public_url


def test_every_directory_reaches_the_children_as_an_absolute_path(settings):
    settings.ACC_IMAGE_DIRS = [Path("/data/photos"), Path("/data/scans")]
    found = child_env("web")["ACC_IMAGE_DIRS"].split(os.pathsep)
    assert found == ["/data/photos", "/data/scans"]


@pytest.mark.parametrize(
    ("https", "origins", "hosts", "url"),
    [
        (False, [], ["acc.example"], "http://127.0.0.1:8123"),
        (True, ["https://acc.example:8443"], ["acc.example"], "https://acc.example:8443"),
        (True, [], [".example", "acc.example"], "https://acc.example"),
        (True, ["http://acc.example", "https://*.example"], ["acc.example"], "https://acc.example"),
        (True, [], [], "http://127.0.0.1:8123"),
    ],
)
def test_a_link_leads_through_the_proxy_that_ends_tls(settings, https, origins, hosts, url):
    settings.ACC_HOST, settings.ACC_PORT = "127.0.0.1", 8123
    settings.ACC_HTTPS, settings.CSRF_TRUSTED_ORIGINS = https, origins
    settings.ACC_ALLOWED_HOSTS = hosts
    assert public_url() == url


def test_what_nohup_started_outlives_its_terminal():
    old = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        assert stop_signals() == list(STOP_SIGNALS)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        assert stop_signals() == [signal.SIGINT, signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, old)
