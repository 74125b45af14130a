"""Many ways to damage a checkpoint: each is refused in a sentence, and nothing is lost."""

import json
import os
import pickle
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from django.test import Client
from safetensors.torch import load_file, save_file

from trainer.models import Call, Checkpoint, Experiment, Job
from trainer.services.access import api_token_ensure
from trainer.services.artifacts import artifact_path, checkpoint_file_names
from trainer.services.calls import call_send
from trainer.services.checkpoint_tree import checkpoint_load
from trainer.services.job_start import job_start
from trainer.worker.answer import call_answer
from trainer.worker.run import job_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]

Damage = Callable[[Path], object]
FLIPS, CUTS = 10, 8


def flip(path: Path, seed: int) -> None:
    """Change one bit."""
    content, chance = bytearray(path.read_bytes()), random.Random(seed)
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path: Path, seed: int) -> None:
    """Leave the beginning of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: random.Random(seed).randrange(1, len(content))])


def replace(path: Path, make: Callable[[Path], object]) -> None:
    """Put something else in the place of a file."""
    path.unlink()
    make(path)


def edit_tensors(path: Path, edit: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Write a file of the right format with other tensors."""
    tensors = load_file(path)
    edit(tensors)
    save_file(tensors, path)


def edit_meta(path: Path, **values: object) -> None:
    """Write plain data of the right format with other values."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def halve(tensors: dict[str, torch.Tensor]) -> None:
    """Turn float32 into float16."""
    for name, tensor in tensors.items():
        if tensor.dtype == torch.float32:
            tensors[name] = tensor.half()


def anywhere() -> Iterator[tuple[str, Damage]]:
    """Return what can befall any file."""
    for seed in range(FLIPS):
        yield f"bit {seed} flipped", partial(flip, seed=seed)
    for seed in range(CUTS):
        yield f"cut {seed}", partial(cut, seed=seed)
    yield "gone", lambda path: path.unlink()
    yield "empty", lambda path: path.write_bytes(b"")
    yield "longer", lambda path: path.write_bytes(path.read_bytes() + b"\0")
    yield "zeros", lambda path: path.write_bytes(bytes(path.stat().st_size))
    yield "a pickle", lambda path: path.write_bytes(pickle.dumps({"step": 3}))
    yield "a directory", lambda path: replace(path, Path.mkdir)
    yield "a pipe", lambda path: replace(path, os.mkfifo)
    yield "an endless device", lambda path: replace(path, lambda it: it.symlink_to("/dev/zero"))
    yield "a link to nowhere", lambda path: replace(path, lambda it: it.symlink_to("nowhere"))


TENSORS: tuple[tuple[str, Damage], ...] = (
    *anywhere(),
    ("of another type", lambda path: edit_tensors(path, halve)),
    ("one is missing", lambda path: edit_tensors(path, lambda it: it.popitem())),
    ("one more", lambda path: edit_tensors(path, lambda it: it.update(x=torch.zeros(3)))),
    ("header too long", lambda path: path.write_bytes(b"\xff" * 8 + path.read_bytes()[8:])),
)
META: tuple[tuple[str, Damage], ...] = (
    *anywhere(),
    ("another step", lambda path: edit_meta(path, step=99)),
    ("other rates", lambda path: edit_meta(path, lrs={"model": 1.0})),
    ("no JSON", lambda path: path.write_text("step = 12")),
    ("blanks", lambda path: path.write_text(path.read_text() + " ")),
)
DAMAGES = [(0, *damage) for damage in TENSORS] + [(1, *damage) for damage in META]


@pytest.fixture
def states(experiment: Experiment) -> list[Checkpoint]:
    """Two states of a model, the second one grown from the first and current."""
    for steps in (3, 4):
        experiment.refresh_from_db()
        job_run(job_start(experiment=experiment, steps=steps, batch_size=8, seed=1).pk)
    return list(Checkpoint.objects.order_by("pk"))


def paths_of(checkpoint: Checkpoint) -> list[Path]:
    """Return a checkpoint's files: tensors, plain data."""
    return [
        artifact_path("checkpoints", name) for name in checkpoint_file_names(checkpoint.file_name)
    ]


def put_back(path: Path, whole: bytes) -> None:
    """Undo any damage."""
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.write_bytes(whole)


def eval_error(checkpoint: Checkpoint) -> str:
    """Have a state evaluated as the eval worker does; return why not."""
    payload = {"experiment": checkpoint.experiment.slug, "checkpoint": checkpoint.pk, "by": ""}
    call = call_send(kind=Call.Kind.EVAL_RUN, payload=payload)
    call_answer(call.pk)
    return Call.objects.get(pk=call.pk).error


def job_error(checkpoint: Checkpoint) -> str:
    """Have a job go on from a state that was damaged after it was loaded; return why not."""
    Experiment.objects.update(current_checkpoint=checkpoint)
    job = job_start(experiment=checkpoint.experiment, steps=3, batch_size=8)
    job_run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.current_step) == (Job.State.FAILED, 0)
    return job.error


def test_every_damage_is_refused_in_a_sentence_and_nothing_else_is_lost(states):
    damaged, current = states
    script = Client(headers={"Authorization": f"Bearer {api_token_ensure()}"})
    accepted = []
    for at, (which, name, damage) in enumerate(DAMAGES):
        path = paths_of(damaged)[which]
        whole = path.read_bytes()
        damage(path)
        answer = script.post(
            "/checkpoints/load", {"id": damaged.pk}, content_type="application/json"
        )
        errors = [answer.json().get("error", ""), eval_error(damaged)]
        if at % 9 == 0:
            errors.append(job_error(damaged))
            Experiment.objects.update(current_checkpoint=current)
        put_back(path, whole)
        if answer.status_code != 409 or not all(
            error.startswith(f"the files of checkpoint {damaged.pk} ") for error in errors
        ):
            accepted.append((path.suffix, name, answer.status_code, errors))
    assert len(DAMAGES) >= 50
    assert accepted == []
    assert Experiment.objects.get().current_checkpoint_id == current.pk
    assert list(Checkpoint.objects.order_by("pk")) == states
    for state in states:
        assert checkpoint_load(checkpoint=state) == state
        assert eval_error(state) == ""


def test_two_states_whose_files_were_swapped_are_both_refused(states):
    for which in (0, 1):
        one, other = (paths_of(state)[which] for state in states)
        contents = one.read_bytes(), other.read_bytes()
        other.write_bytes(contents[0])
        one.write_bytes(contents[1])
        for state in states:
            assert "their checksum differs" in eval_error(state)
        one.write_bytes(contents[0])
        other.write_bytes(contents[1])
    assert [eval_error(state) for state in states] == ["", ""]
