"""Checkpoints through the API."""

import hashlib

import pytest

from tests.trainer.rows import job_make
from trainer.models import Checkpoint, Experiment, Job
from trainer.services.checkpoint_files import checkpoint_digest, checkpoint_directory
from trainer.services.checkpoints import checkpoint_record
from trainer.services.jobs import job_end

pytestmark = pytest.mark.django_db(transaction=True)

NODE = {"id", "tag", "parent_id", "step", "job_id", "created_at", "metrics"}


@pytest.fixture
def final(running: Job, valkey: object) -> Checkpoint:
    """The last checkpoint of a job that is over."""
    checkpoint = Checkpoint(
        experiment=running.experiment,
        job=running,
        kind="final",
        step=100,
        job_step=100,
        file_name="final.safetensors",
        sha256="0" * 64,
        size_bytes=9,
    )
    checkpoint_record(job=running, checkpoint=checkpoint)
    job_end(running, state=Job.State.COMPLETED, step=100)
    return checkpoint


def test_the_states_of_an_experiment_are_a_tree_with_a_current_node(script, final):
    listed = script.get("/checkpoints").json()
    assert [row["id"] for row in listed] == [final.pk]
    assert set(listed[0]) >= NODE
    tree = script.get("/checkpoints/tree").json()
    assert (tree["current_id"], tree["nodes"]) == (final.pk, listed)


def test_at_rest_saving_names_the_state_that_is_there(script, final):
    answer = script.post("/checkpoints/save", {"tag": "baseline"})
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["tag"]) == (final.pk, "baseline")
    assert script.post("/checkpoints/save", {"tag": "baseline"}).json()["id"] == final.pk


def test_a_second_name_begins_a_branch_and_takes_the_first_one_from_nobody(script, final, refused):
    files_of(final)
    script.post("/checkpoints/save", {"tag": "baseline"})
    second = script.post("/checkpoints/save", {"tag": "better"}).json()
    assert (second["tag"], second["parent_id"], second["step"]) == ("better", final.pk, 100)
    assert Checkpoint.objects.get(pk=final.pk).tag == "baseline"
    assert script.get("/checkpoints/tree").json()["current_id"] == second["id"]
    refused(script.post("/checkpoints/save", {"tag": "baseline"}), 409)


def test_without_a_trained_state_there_is_nothing_to_save(script, experiment: Experiment, refused):
    assert "train it first" in refused(script.post("/checkpoints/save", {"tag": "x"}), 409)


def test_a_job_that_waits_for_a_worker_has_no_state_to_save(
    script, experiment: Experiment, refused
):
    job = job_make(experiment)
    sentence = refused(script.post("/checkpoints/save", {"tag": "x"}), 409)
    assert f"job {job.pk} is queued" in sentence


def test_a_tag_beyond_what_a_row_holds_is_refused(script, final, refused):
    assert "'tag'" in refused(script.post("/checkpoints/save", {"tag": "x" * 121}), 400)


def files_of(checkpoint: Checkpoint) -> None:
    """Give a checkpoint the files that its row tells of."""
    tensors, meta = b"tensors", b"{}"
    path = checkpoint_directory() / checkpoint.file_name
    path.write_bytes(tensors)
    path.with_suffix(".json").write_bytes(meta)
    checkpoint.sha256 = checkpoint_digest(hashlib.sha256(tensors).digest(), meta)
    checkpoint.save()


def test_a_state_is_loaded_and_branched_off_by_its_number(script, final, settings, tmp_path):
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"
    files_of(final)
    branch = script.post("/checkpoints/fork", {"id": final.pk, "new_tag": "thick"}).json()
    assert (branch["parent_id"], branch["tag"]) == (final.pk, "thick")
    assert script.get("/checkpoints/tree").json()["current_id"] == branch["id"]
    assert script.post("/checkpoints/load", {"id": final.pk}).json()["id"] == final.pk
    assert script.get("/checkpoints/tree").json()["current_id"] == final.pk
    assert script.post(f"/checkpoints/{branch['id']}/rename", {"tag": "x"}).json()["tag"] == "x"
    assert script.post(f"/checkpoints/{branch['id']}/delete").json() == {"removed": branch["id"]}
    assert script.post("/checkpoints/keep", {"last": 1}).json() == {"removed": 0}


def test_while_a_job_runs_no_state_is_loaded(script, running, valkey, refused):
    checkpoint = Checkpoint.objects.create(
        experiment=running.experiment, kind="manual", step=1, file_name="x", size_bytes=1
    )
    for path, body in (("load", {}), ("fork", {"new_tag": "x"})):
        asked = {"id": checkpoint.pk, **body}
        sentence = refused(script.post(f"/checkpoints/{path}", asked), 409)
        assert f"job {running.pk}" in sentence


def test_a_state_that_is_not_there_or_whose_files_are_gone_is_refused(
    script, final, refused, settings, tmp_path
):
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"
    sentence = refused(script.post("/checkpoints/load", {"id": 10**30}), 404)
    assert "has no checkpoint" in sentence
    sentence = refused(script.post("/checkpoints/load", {"id": final.pk}), 409)
    assert f"the files of checkpoint {final.pk} cannot be read" in sentence
    assert "../" not in sentence
    assert "'id'" in refused(script.post("/checkpoints/load", {"id": "../x"}), 400)
