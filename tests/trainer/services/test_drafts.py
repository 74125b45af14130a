"""Drafts of files: known by their name while their writer lives, and swept once it is dead."""

import os

import psutil
import pytest

from trainer.services import drafts
from trainer.services.artifacts import CHECKPOINTS, artifact_directory, artifacts_sweep
from trainer.services.drafts import draft_is_left, draft_name
from trainer.services.workers import worker_name


def of_a_dead_process(name, monkeypatch):
    """Return the name of a draft of a process that once had an id that nobody has now."""
    free = next(pid for pid in range(2, 1 << 22) if not psutil.pid_exists(pid))
    host, _, start = worker_name().rsplit(":", 2)
    with monkeypatch.context() as patch:
        patch.setattr(drafts, "worker_name", lambda: f"{host}:{free}:{start}")
        return draft_name(name)


def test_a_draft_is_left_once_its_writer_is_dead(monkeypatch):
    name = "a~b.safetensors"
    assert str(os.getpid()) in draft_name(name)
    assert not draft_is_left(draft_name(name))
    assert draft_is_left(of_a_dead_process(name, monkeypatch))


@pytest.mark.parametrize(
    "name", ["a.safetensors", ".a~b.tmp", ".a~1:2.tmp", ".a~1:b:c.tmp", ".a.12.tmp"]
)
def test_what_no_process_signed_is_no_draft(name):
    assert not draft_is_left(name)


@pytest.mark.django_db
def test_the_sweep_removes_drafts_of_the_dead_at_once_and_leaves_those_of_the_living(monkeypatch):
    directory = artifact_directory(CHECKPOINTS)
    living = directory / draft_name("x.safetensors")
    dead = directory / of_a_dead_process("x.safetensors", monkeypatch)
    young = directory / "y.safetensors"  # its row may be about to be written
    for path in (living, dead, young):
        path.touch()
    artifacts_sweep()
    try:
        assert living.exists()
        assert not dead.exists()
        assert young.exists()
    finally:
        living.unlink()
        young.unlink()
