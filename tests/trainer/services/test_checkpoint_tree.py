"""Going back, branching off, naming, deleting and keeping states."""

import hashlib
import random
from pathlib import Path

import pytest

from tests.trainer.rows import experiment_make, job_make
from trainer.models import Checkpoint, Experiment, Job, RecipeRun
from trainer.services.checkpoint_files import checkpoint_digest, checkpoint_directory
from trainer.services.checkpoint_tree import (
    checkpoint_delete,
    checkpoint_fork,
    checkpoint_load,
    checkpoint_rename,
    checkpoint_save,
    checkpoints_keep,
)
from trainer.services.checkpoints import CheckpointRefused
from trainer.services.evals import EvalOutcome, MetricFact, eval_store
from trainer.services.job_start import job_repeat, job_start
from trainer.services.jobs import JobConflict, job_claim, job_end

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"


def state_make(
    experiment: Experiment, step: int, parent: Checkpoint | None = None, tag: str = ""
) -> Checkpoint:
    """Return a stored state with files; it becomes the current one."""
    tensors, meta = f"tensors {step} {tag}".encode(), b"{}"
    name = f"step{step}{tag}.safetensors"
    (checkpoint_directory() / name).write_bytes(tensors)
    (checkpoint_directory() / name).with_suffix(".json").write_bytes(meta)
    row = Checkpoint.objects.create(
        experiment=experiment,
        parent=parent,
        tag=tag,
        kind="final",
        step=step,
        file_name=name,
        sha256=checkpoint_digest(hashlib.sha256(tensors).digest(), meta),
        size_bytes=len(tensors) + len(meta),
    )
    Experiment.objects.filter(pk=experiment.pk).update(current_checkpoint=row)
    return row


@pytest.fixture
def chain(experiment: Experiment) -> list[Checkpoint]:
    """Three states, each grown from the one before."""
    found: list[Checkpoint] = []
    for step in (100, 200, 300):
        found.append(state_make(experiment, step, found[-1] if found else None))
    return found


def current(experiment: Experiment) -> int | None:
    """Return the state that the next job goes on from."""
    return Experiment.objects.get(pk=experiment.pk).current_checkpoint_id


def files() -> set[str]:
    """Return the files of all checkpoints."""
    return {path.name for path in checkpoint_directory().iterdir()}


def measured(checkpoint: Checkpoint, accuracy: float) -> None:
    """Store an evaluation of a state."""
    fact = MetricFact("digit", "accuracy", accuracy, good=0.9, poor=0.5)
    outcome = EvalOutcome(step=checkpoint.step, checkpoint=checkpoint, metrics=[fact])
    eval_store(experiment=checkpoint.experiment, outcome=outcome)


def test_the_next_job_goes_on_from_the_loaded_state(experiment, chain):
    checkpoint_load(checkpoint=chain[0])
    # The caller's copy of the row is older than the load.
    assert job_start(experiment=experiment, steps=10).start_checkpoint == chain[0]


def test_nothing_is_loaded_or_branched_while_a_job_is_in_progress(experiment, chain):
    job = job_make(experiment)
    for attempt in (
        lambda: checkpoint_load(checkpoint=chain[0]),
        lambda: checkpoint_fork(checkpoint=chain[0], new_tag="branch"),
    ):
        with pytest.raises(JobConflict, match=f"job {job.pk} of experiment 'small' is queued"):
            attempt()
    assert current(experiment) == chain[-1].pk


def test_a_branch_is_a_named_copy_that_outlives_its_origin(experiment, chain):
    branch = checkpoint_fork(checkpoint=chain[0], new_tag="thick")
    assert (branch.parent, branch.tag, branch.step) == (chain[0], "thick", 100)
    assert current(experiment) == branch.pk
    checkpoint_delete(checkpoint=chain[0])
    branch.refresh_from_db()
    assert branch.parent is None
    assert checkpoint_load(checkpoint=branch).pk == branch.pk


@pytest.mark.parametrize(
    ("kind", "named"),
    [("final", "final"), ("stop", "stop"), ("periodic", "manual"), ("eval", "manual")],
)
def test_a_name_keeps_what_would_go_by_itself_and_hides_no_end_of_a_job(
    kind, named, experiment, chain
):
    Checkpoint.objects.update(kind=kind)
    assert checkpoint_rename(checkpoint=chain[0], tag="good").kind == named
    assert checkpoint_rename(checkpoint=chain[0], tag="").kind == named
    assert checkpoint_save(experiment=experiment, tag="newest").kind == named


def test_two_branches_cannot_have_one_name(experiment, chain):
    checkpoint_fork(checkpoint=chain[0], new_tag="thick")
    before = files()
    with pytest.raises(CheckpointRefused, match="tagged 'thick' already"):
        checkpoint_fork(checkpoint=chain[1], new_tag="thick")
    with pytest.raises(CheckpointRefused, match=r"^a branch needs a name$"):
        checkpoint_fork(checkpoint=chain[1], new_tag=" ")
    with pytest.raises(CheckpointRefused, match="tagged 'thick' already"):
        checkpoint_rename(checkpoint=chain[1], tag="thick")
    assert files() == before


def corrupted(path: Path, how: str, chance: random.Random) -> None:
    """Damage a file."""
    content = bytearray(path.read_bytes())
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[: chance.randrange(len(content))])
    elif how == "longer":
        path.write_bytes(content + b"\0")
    else:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("how", ["gone", "cut", "longer", "flipped"])
def test_a_damaged_state_is_refused_and_the_tree_survives(experiment, chain, how, suffix):
    chance = random.Random(f"{how}{suffix}")
    path = (checkpoint_directory() / chain[0].file_name).with_suffix(suffix)
    whole = path.read_bytes()
    for _ in range(8):
        corrupted(path, how, chance)
        for attempt in (
            lambda: checkpoint_load(checkpoint=chain[0]),
            lambda: checkpoint_fork(checkpoint=chain[0], new_tag="branch"),
        ):
            with pytest.raises(CheckpointRefused, match=f"the files of checkpoint {chain[0].pk}"):
                attempt()
        path.write_bytes(whole)
    assert current(experiment) == chain[-1].pk
    assert Checkpoint.objects.count() == 3
    assert checkpoint_load(checkpoint=chain[0])


def test_swapped_files_are_refused(experiment, chain):
    one, other = (checkpoint_directory() / row.file_name for row in chain[:2])
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    for row in chain[:2]:
        with pytest.raises(CheckpointRefused, match="their checksum differs"):
            checkpoint_load(checkpoint=row)


def test_what_grew_from_a_deleted_state_hangs_on_its_parent_and_its_files_go(experiment, chain):
    checkpoint_delete(checkpoint=chain[1])
    chain[2].refresh_from_db()
    assert chain[2].parent == chain[0]
    assert files() == {"step100.safetensors", "step100.json", "step300.safetensors", "step300.json"}


def test_the_state_that_is_needed_next_is_not_deleted(experiment, chain):
    with pytest.raises(CheckpointRefused, match="load another one before you delete it"):
        checkpoint_delete(checkpoint=chain[2])
    job = job_make(experiment)
    checkpoint_rename(checkpoint=chain[1], tag="kept")
    Experiment.objects.update(current_checkpoint=chain[1])
    with pytest.raises(CheckpointRefused, match=f"job {job.pk} is queued and needs"):
        checkpoint_delete(checkpoint=chain[2])


def test_a_job_whose_beginning_is_deleted_cannot_be_repeated_from_elsewhere(experiment, chain):
    job = job_claim(job_make(experiment).pk, worker="w")
    assert job is not None
    job_end(job, state=Job.State.STOPPED, step=5)
    checkpoint_load(checkpoint=chain[0])
    checkpoint_delete(checkpoint=chain[2])
    with pytest.raises(JobConflict, match="began with is deleted"):
        job_repeat(job=Job.objects.get(pk=job.pk))


def test_the_newest_and_the_best_stay_with_all_that_have_a_name(experiment):
    rows = [state_make(experiment, step) for step in range(1, 9)]
    checkpoint_rename(checkpoint=rows[0], tag="first")
    for row, accuracy in zip(rows, (0.99, 0.2, 0.95, 0.3, 0.9, 0.4, 0.5, 0.6), strict=True):
        measured(row, accuracy)
    gone = checkpoints_keep(experiment=experiment, last=2, best=2, metric="digit/accuracy")
    left = sorted(Checkpoint.objects.values_list("step", flat=True))
    assert (gone, left) == (3, [1, 3, 5, 7, 8])


def test_the_policy_holds_for_states_that_come_later(experiment):
    first = state_make(experiment, 1)
    checkpoints_keep(experiment=experiment, last=1, best=None)
    newer = state_make(experiment, 2)
    measured(newer, 0.5)
    assert list(Checkpoint.objects.all()) == [newer]
    assert not Checkpoint.objects.filter(pk=first.pk).exists()


def test_the_state_at_which_a_recipes_phase_began_stays_until_the_recipe_ends(experiment, chain):
    first = chain[0]
    run = RecipeRun.objects.create(
        recipe_name="Sweep",
        experiment=experiment,
        state=RecipeRun.State.INTERRUPTED,
        phase_start={"experiment": experiment.pk, "checkpoint": first.pk, "tasks": []},
    )
    checkpoints_keep(experiment=experiment, last=1, best=None)
    assert set(Checkpoint.objects.values_list("step", flat=True)) == {100, 300}
    with pytest.raises(CheckpointRefused, match="a recipe in progress may have to go back"):
        checkpoint_delete(checkpoint=first)
    RecipeRun.objects.filter(pk=run.pk).update(state=RecipeRun.State.STOPPED)
    checkpoint_delete(checkpoint=first)
    assert not Checkpoint.objects.filter(pk=first.pk).exists()


def test_without_a_policy_everything_stays(experiment, chain):
    measured(chain[0], 0.5)
    assert Checkpoint.objects.count() == 3


def test_a_policy_needs_a_metric_whose_direction_is_known(experiment, chain):
    with pytest.raises(CheckpointRefused, match="none measured yet"):
        checkpoints_keep(experiment=experiment, last=None, best=1, metric="digit/accuracy")
    measured(chain[0], 0.5)
    with pytest.raises(CheckpointRefused, match="digit/accuracy"):
        checkpoints_keep(experiment=experiment, last=None, best=1, metric="digit/loss")
    with pytest.raises(CheckpointRefused, match="from 1 to"):
        checkpoints_keep(experiment=experiment, last=0, best=None)


def test_other_experiments_keep_their_states(experiment, chain):
    other = experiment_make("other", tasks=())
    state_make(other, 1, tag="elsewhere")
    checkpoints_keep(experiment=experiment, last=1, best=None)
    assert other.checkpoints.count() == 1
    assert checkpoint_rename(checkpoint=chain[2], tag="elsewhere").tag == "elsewhere"
