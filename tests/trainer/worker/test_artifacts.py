"""Checkpoints and data on machines that share a database and no disk."""

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from acc.dataset import DatasetError
from tests.setup.machines import Machines
from tests.setup.waiting import wait_until
from tests.trainer.worker.steered import (
    applied,
    curve,
    running,
    state_of,
    steps_of,
    take_up_again,
)
from trainer.models import Checkpoint, Dataset, Experiment, Job
from trainer.services.artifacts import artifacts_sweep
from trainer.services.checkpoint_files import checkpoint_directory
from trainer.services.checkpoint_tree import (
    checkpoint_delete,
    checkpoint_fork,
    checkpoint_load,
)
from trainer.services.checkpoints import CheckpointRefused
from trainer.services.commands import command_send
from trainer.services.dataset_import import UPLOAD_ROOM
from trainer.services.datasets import dataset_delete
from trainer.services.job_start import job_start
from trainer.worker.build import dataset_build
from trainer.worker.checkpoint_store import CheckpointDamagedError, checkpoint_read
from trainer.worker.imported import dataset_import_npz
from trainer.worker.run import job_run

pytestmark = [
    pytest.mark.portable,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey"),
]

HOUR = 3600


@pytest.fixture
def final(machines: Machines, queued_job: Job) -> Checkpoint:
    """The last state of a job that was trained on the first machine."""
    job_run(queued_job.pk)
    return Checkpoint.objects.get(job=queued_job)


def age(seconds: float) -> None:
    """Have the files on this machine look as if they came earlier."""
    for path in checkpoint_directory().iterdir():
        os.utime(path, times=(time.time() - seconds,) * 2)


def tensors_of(checkpoint: Checkpoint) -> Path:
    """Return the larger one of a checkpoint's files on this machine."""
    return checkpoint_directory() / checkpoint.file_name


def test_a_state_is_read_on_a_machine_that_did_not_write_it_and_stays_there(final, machines):
    written = checkpoint_read(final)
    machines.go_to("other")
    read = checkpoint_read(final)
    assert read.meta == written.meta
    assert all(read.tensors[name].equal(tensor) for name, tensor in written.tensors.items())
    default_storage.delete(f"checkpoints/{final.file_name}")
    assert checkpoint_read(final).meta == written.meta


def test_the_next_job_goes_on_from_it_on_another_machine(final, machines):
    jobs = []
    for place in ("one", "other"):
        machines.go_to(place)
        checkpoint_load(checkpoint=final)
        jobs.append(job_start(experiment=final.experiment, steps=4, batch_size=16, seed=2))
        job_run(jobs[-1].pk)
    one, other = (curve(job) for job in jobs)
    assert len(one) == 4 * 3
    assert one == other


def test_a_job_that_one_machine_left_goes_on_on_another_one(queued_job, machines, shut_down):
    applied(queued_job, "pause", 5)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused")
        shut_down()
    machines.go_to("other")
    take_up_again(queued_job)
    with running(queued_job):
        wait_until(lambda: state_of(queued_job) == Job.State.PAUSED, "paused again")
        command_send(job=queued_job, kind="resume")
    assert state_of(queued_job) == Job.State.COMPLETED
    assert steps_of(queued_job, "kl") == list(range(1, 13))


def test_a_copy_that_is_damaged_is_fetched_again(final, machines):
    machines.go_to("other")
    whole = checkpoint_read(final).meta
    for damage in (b"", b"x" * 100, tensors_of(final).read_bytes()[:-1]):
        tensors_of(final).write_bytes(damage)
        assert checkpoint_load(checkpoint=final) == final
        assert checkpoint_read(final).meta == whole


def test_a_state_that_is_damaged_everywhere_is_refused(final, machines):
    for name in default_storage.listdir("checkpoints")[1]:
        default_storage.delete(f"checkpoints/{name}")
        default_storage.save(f"checkpoints/{name}", ContentFile(b"{}"))
    machines.go_to("other")
    with pytest.raises(CheckpointDamagedError, match="their checksum differs"):
        checkpoint_read(final)
    with pytest.raises(CheckpointRefused, match="their checksum differs"):
        checkpoint_load(checkpoint=final)


def test_what_is_deleted_goes_from_the_storage_and_later_from_every_machine(final, machines):
    machines.go_to("other")
    checkpoint_read(final)
    machines.go_to("web")
    Experiment.objects.update(current_checkpoint=None)
    checkpoint_delete(checkpoint=final)
    assert default_storage.listdir("checkpoints")[1] == []
    machines.go_to("other")
    artifacts_sweep()
    assert len(machines.files()) == 2  # a job may be about to write their row
    age(2 * HOUR)
    artifacts_sweep()
    assert machines.files() == set()


def test_the_files_of_a_branch_stay_as_long_as_one_row_names_them(final, machines):
    machines.go_to("web")
    branch = checkpoint_fork(checkpoint=final, new_tag="thick")
    assert branch.file_name == final.file_name
    checkpoint_delete(checkpoint=final)
    machines.go_to("other")
    assert checkpoint_read(branch).meta["step"] == branch.job_step
    Experiment.objects.update(current_checkpoint=None)
    checkpoint_delete(checkpoint=branch)
    assert default_storage.listdir("checkpoints")[1] == []


def test_the_sweep_leaves_what_rows_name(final, machines, monkeypatch):
    names = machines.files()
    stored = set(default_storage.listdir("checkpoints")[1])
    assert names == stored
    default_storage.save("checkpoints/crash.safetensors", ContentFile(b"x"))
    (checkpoint_directory() / ".begun.safetensors.1.tmp").write_bytes(b"x")
    age(2 * HOUR)
    artifacts_sweep()
    assert machines.files() == names
    # A file of the storage is young for an hour: its row may be about to come.
    assert "crash.safetensors" in default_storage.listdir("checkpoints")[1]
    later = time.time() + 2 * HOUR
    monkeypatch.setattr(time, "time", lambda: later)
    artifacts_sweep()
    assert set(default_storage.listdir("checkpoints")[1]) == stored
    assert checkpoint_read(final)


def test_the_copies_are_bounded_and_the_only_one_of_a_file_stays(final, machines, settings):
    machines.go_to("other")
    checkpoint_read(final)
    for name in ("older.json", "from-before.json"):
        (checkpoint_directory() / name).write_bytes(b"{}")
    default_storage.save("checkpoints/older.json", ContentFile(b"{}"))
    age(HOUR)
    settings.ACC_CACHE_MB = 0
    tensors_of(final).unlink()
    checkpoint_read(final)
    # What was fetched just now is in use, and what the storage lacks is nowhere else.
    assert machines.files() == {
        final.file_name,
        f"{tensors_of(final).stem}.json",
        "from-before.json",
    }


def npz_import(name: str = "noise") -> Dataset:
    """Import an uploaded file as the eval worker does."""
    buffer = io.BytesIO()
    images = np.random.default_rng(3).integers(0, 255, (40, 8, 8), dtype=np.uint8)
    np.savez(buffer, images=images)
    upload = default_storage.save(f"{UPLOAD_ROOM}/upload.npz", ContentFile(buffer.getvalue()))
    answer = dataset_import_npz({"upload": upload, "name": name, "file_name": "noise.npz"})
    return Dataset.objects.get(name=answer["name"])


def test_imported_data_is_built_on_a_machine_that_never_saw_its_file(machines):
    row = npz_import()
    here = dataset_build(row.name, row.spec)
    machines.go_to("other")
    there = dataset_build(row.name, row.spec)
    assert there.images.equal(here.images)
    assert there.content_hash() == row.content_hash
    (name,) = machines.files()
    assert name == f"{row.content_hash}.safetensors"


def test_deleted_data_is_nowhere_and_says_so(machines):
    row = npz_import()
    machines.go_to("web")
    dataset_delete(dataset=row)
    assert default_storage.listdir("datasets")[1] == []
    machines.go_to("other")
    with pytest.raises(DatasetError, match="the file of the imported dataset 'noise' is missing"):
        dataset_build(row.name, row.spec)


def test_what_a_machine_had_before_files_were_shared_can_be_shared_later(final, machines):
    for name in default_storage.listdir("checkpoints")[1]:
        default_storage.delete(f"checkpoints/{name}")
    call_command("sharefiles", stdout=io.StringIO())
    machines.go_to("other")
    assert checkpoint_read(final).meta["step"] == final.job_step


def test_where_files_are_not_shared_the_command_says_so(settings, db):
    settings.ACC_STORAGE = "files"
    with pytest.raises(CommandError, match="set ACC_STORAGE=database to share them"):
        call_command("sharefiles")
