"""The steward: which device comes first, and how it bears trouble."""

import json
import os
import subprocess
import sys
import threading

import pytest

from tests.setup.waiting import wait_until
from tests.trainer.rows import classes_make
from trainer.models import Call, RegisteredClass, TrainerNode
from trainer.processes.steward import Steward
from trainer.selectors.nodes import devices_available, trainer_is_online
from trainer.services.demo import demo_ensure

pytestmark = [pytest.mark.portable, pytest.mark.django_db(transaction=True)]


def probe_that_prints(text):
    return subprocess.Popen([sys.executable, "-c", f"print({text!r})"], stdout=subprocess.PIPE)


def end(steward):
    """End a steward and wait until it is gone, which it does for two seconds only."""
    steward.end()
    steward.join(timeout=60)
    assert not steward.is_alive()


@pytest.fixture
def run(transactional_db):
    """Return a function that runs a steward for a device and what its probe finds."""
    classes_make()
    running = []

    def run(wanted, devices, first_work=None):
        steward = Steward(wanted_device=wanted, first_work=first_work)
        probe = probe_that_prints(json.dumps({"devices": devices, "versions": {}}))
        steward.devices_from(probe)
        steward.start()
        running.append((steward, probe))
        return steward

    yield run
    for steward, probe in running:
        end(steward)
        probe.stdout.close()
        probe.wait()


@pytest.mark.parametrize(
    ("wanted", "first"), [("", "cuda:0"), ("cpu", "cpu"), ("cuda", "cuda:0"), ("cuda:1", "cuda:1")]
)
def test_the_wanted_device_comes_first(run, wanted, first):
    run(wanted, ["cuda:0", "cuda:1", "cpu"])
    found = wait_until(
        lambda: len(devices := devices_available()) == 3 and devices, "the probe was read"
    )
    assert found[0] == first


def test_a_device_that_is_not_there_is_refused_before_any_work(run):
    done = []
    steward = run("cuda", ["cpu"], first_work=lambda: done.append(True))
    wait_until(lambda: steward.refusal, "the refusal")
    assert steward.refusal == "ACC_DEVICE is cuda, but this machine has only cpu."
    end(steward)
    assert done == []


def test_the_first_work_is_done_once_the_devices_are_known(run):
    done = threading.Semaphore(0)
    run("", ["cpu"], first_work=done.release)
    assert done.acquire(timeout=60)


def test_a_steward_that_ends_is_offline_at_once(run):
    steward = run("", ["cpu"])
    wait_until(trainer_is_online, "it is online")
    end(steward)
    assert not TrainerNode.objects.exists()
    assert not trainer_is_online()


def test_a_trainer_whose_classes_are_not_known_yet_is_not_online(run):
    RegisteredClass.objects.all().delete()
    done = threading.Semaphore(0)
    run("", ["cpu"], first_work=done.release)
    assert not done.acquire(timeout=1.5)
    assert not trainer_is_online()
    classes_make()
    assert done.acquire(timeout=60)
    wait_until(trainer_is_online, "it is online")


def test_a_trainer_is_online_once_a_saved_file_would_be_seen(transactional_db):
    classes_make()
    done = threading.Semaphore(0)
    steward = Steward(wanted_device="", first_work=done.release)
    read, write = os.pipe()
    steward.ready_from(read)
    steward.start()
    try:
        assert not done.acquire(timeout=1.5)
        assert not trainer_is_online()
        os.write(write, b"1")
        assert done.acquire(timeout=60)
        wait_until(trainer_is_online, "it is online")
    finally:
        end(steward)
        os.close(read)
        os.close(write)


def test_first_work_that_says_that_it_is_too_early_is_done_again(run):
    tries = []
    done = threading.Semaphore(0)

    def work():
        tries.append(True)
        done.release()
        return len(tries) < 2

    run("", ["cpu"], first_work=work)
    assert done.acquire(timeout=60)
    assert done.acquire(timeout=60)
    assert not done.acquire(timeout=2)


def test_the_demo_waits_until_all_its_classes_are_on_offer(transactional_db):
    assert demo_ensure()
    assert not Call.objects.exists()
    classes_make()
    assert not demo_ensure()
    assert Call.objects.get().kind == Call.Kind.DEMO_CREATE
