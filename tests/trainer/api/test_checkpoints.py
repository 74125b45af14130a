"""Checkpoints through the API."""

import pytest

from tests.trainer.rows import job_make
from trainer.models import Checkpoint, Experiment, Job
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


def test_a_name_is_not_taken_away_by_another_one(script, final, refused):
    script.post("/checkpoints/save", {"tag": "baseline"})
    sentence = refused(script.post("/checkpoints/save", {"tag": "better"}), 409)
    assert "saved already, as 'baseline'" in sentence
    assert Checkpoint.objects.get().tag == "baseline"


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
