"""Two states of a model side by side, and jobs that go on from a loaded one."""

import pytest

from trainer.models import Call, Checkpoint, Experiment, Job
from trainer.selectors.checkpoints import comparison_of, comparison_pictures
from trainer.selectors.reconstructions import picture_read
from trainer.services.checkpoint_compare import comparison_send
from trainer.services.checkpoint_files import checkpoint_directory
from trainer.services.checkpoint_tree import checkpoint_fork, checkpoint_load
from trainer.services.job_start import job_start
from trainer.worker.answer import call_answer
from trainer.worker.run import job_run

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("valkey")]


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"


def trained(experiment: Experiment, steps: int = 6) -> Checkpoint:
    """Train a few steps more and return the state at the end."""
    job = job_start(experiment=experiment, steps=steps, batch_size=16)
    job_run(job.pk)
    checkpoint = Job.objects.get(pk=job.pk).checkpoint
    assert checkpoint is not None
    return checkpoint


def test_two_states_are_compared_by_weights_and_by_the_same_images(experiment):
    one = trained(experiment)
    other = trained(experiment)
    call = comparison_send(one=one, other=other)
    call_answer(call.pk)
    assert comparison_of(other, one) is None
    done = comparison_of(one, other)
    assert done is not None
    assert (done.pk, done.error) == (call.pk, "")
    answer = done.answer or {}
    apart = {part["part"]: part["relative"] for part in answer["distances"]}
    assert {"encoder", "decoder", "head:digit"} <= apart.keys()
    assert all(0 < distance < 1 for distance in apart.values())
    (images,) = [dataset["images"] for dataset in answer["datasets"]]
    assert len(images) == 8
    names = {name for image in images for name in image["files"]}
    assert names == comparison_pictures()
    assert all((picture_read(name) or b"").startswith(b"\x89PNG") for name in names)


def test_a_branch_is_as_its_origin_and_the_next_job_grows_from_it(experiment):
    origin = trained(experiment)
    trained(experiment)
    branch = checkpoint_fork(checkpoint=origin, new_tag="branch")
    call = comparison_send(one=origin, other=branch)
    call_answer(call.pk)
    call.refresh_from_db()
    assert {part["relative"] for part in (call.answer or {})["distances"]} == {0.0}
    grown = trained(experiment)
    assert (grown.parent, grown.step) == (branch, origin.step + 6)


def test_the_same_job_from_a_loaded_state_gives_the_same_state(experiment):
    start = trained(experiment)
    first = trained(experiment)
    checkpoint_load(checkpoint=start)
    second = trained(experiment)
    assert (first.parent, second.parent) == (start, start)
    call = comparison_send(one=first, other=second)
    call_answer(call.pk)
    call.refresh_from_db()
    assert {part["relative"] for part in (call.answer or {})["distances"]} == {0.0}


def test_a_damaged_state_is_not_compared_and_the_sentence_says_which(experiment):
    one = trained(experiment)
    other = trained(experiment)
    path = checkpoint_directory() / other.file_name
    path.write_bytes(path.read_bytes()[:-1])
    call = comparison_send(one=one, other=other)
    call_answer(call.pk)
    call.refresh_from_db()
    assert call.kind == Call.Kind.COMPARE
    assert f"the files of checkpoint {other.pk}" in call.error
