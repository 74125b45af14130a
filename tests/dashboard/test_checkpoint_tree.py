"""The tree of states: its lanes, what is folded up, and what a line says of its state."""

import re

import pytest

from dashboard.checkpoint_tree import TreeFold, TreeLine, tree_lines
from tests.dashboard.reading import words
from tests.dashboard.rows import Scribe
from tests.dashboard.states import chain_make, state_make
from trainer.models import Checkpoint, Experiment, Job
from trainer.selectors.checkpoints import job_starts
from trainer.services.checkpoint_tree import checkpoint_fork
from trainer.services.evals import EvalOutcome, MetricFact, eval_store

TREE = "/partials/checkpoints/tree/"


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"


def drawn(experiment):
    """Return (step, lane) of each line, and how many states each fold hides."""
    experiment.refresh_from_db()
    starts = job_starts(experiment)
    current_id = experiment.current_checkpoint_id
    lines = tree_lines(list(experiment.checkpoints.all()), current_id, None, starts)
    return [
        len(line.lines) if isinstance(line, TreeFold) else (line.checkpoint.step, line.lane)
        for line in lines
    ]


def test_a_branch_stands_beside_its_origin_and_the_current_one_goes_on_below(experiment):
    root = state_make(experiment, 100)
    state_make(experiment, 150, root, tag="side")
    state_make(experiment, 200, root)
    assert drawn(experiment) == [(100, 0), (150, 1), (200, 0)]
    Experiment.objects.update(current_checkpoint=Checkpoint.objects.get(tag="side"))
    assert drawn(experiment) == [(100, 0), (200, 1), (150, 0)]


def test_lines_say_where_they_come_from_and_whether_they_go_on(experiment):
    root = state_make(experiment, 100)
    state_make(experiment, 150, root)
    state_make(experiment, 200, root)
    lines = tree_lines(list(experiment.checkpoints.all()), None, None, {})
    drawing = [
        (line.is_root, line.has_before, line.has_after)
        for line in lines
        if isinstance(line, TreeLine)
    ]
    assert drawing == [(True, False, True), (False, False, False), (False, True, False)]


@pytest.fixture
def passed(experiment):
    """Three states, as a job stores them: the one in the middle only to be looked at."""
    job = Scribe.start(experiment)
    job.end()
    root, middle, end = (state_make(experiment, step) for step in (100, 150, 200))
    for row, job_step in ((root, 100), (middle, 150), (end, 200)):
        row.job, row.job_step, row.parent = job.job, job_step, root if row != root else None
        row.kind = "eval" if row == middle else "final"
        row.save()
    return root, middle, end


def test_the_line_leads_through_a_state_that_goes_by_itself(experiment, passed):
    assert drawn(experiment) == [(100, 0), (150, 0), (200, 0)]
    # The API's parent is a state that stays.
    assert Checkpoint.objects.get(step=200).parent == passed[0]


def test_branches_and_jobs_that_began_at_a_passing_state_are_drawn_from_there(experiment, passed):
    root, middle, end = passed
    checkpoint_fork(checkpoint=middle, new_tag="side")
    Experiment.objects.update(current_checkpoint=middle)
    job = Scribe.start(Experiment.objects.get(pk=experiment.pk)).job
    assert job.start_checkpoint == middle
    other = state_make(experiment, 180, root)
    Checkpoint.objects.filter(pk=other.pk).update(job=job, job_step=30)
    Experiment.objects.update(current_checkpoint=end)
    assert drawn(experiment) == [(100, 0), (150, 0), (180, 1), (150, 1), (200, 0)]
    # A branch of the root itself stands beside what its job went through.
    Checkpoint.objects.filter(pk=other.pk).delete()
    Job.objects.filter(pk=job.pk).update(state="stopped")
    checkpoint_fork(checkpoint=root, new_tag="other side")
    Experiment.objects.update(current_checkpoint=end)
    assert drawn(experiment) == [(100, 0), (100, 1), (150, 0), (150, 1), (200, 0)]


def test_five_hundred_states_in_a_row_fold_into_one_line(experiment, browser_client):
    end = chain_make(experiment, 499)
    state_make(experiment, 1, end, tag="end")
    assert drawn(experiment) == [(100, 0), 498, (1, 0)]
    page = browser_client.get("/checkpoints/")
    assert "498 states, model step 200 to 49,900" in words(page)


def test_states_in_a_fold_are_sent_once_it_is_opened(experiment, htmx):
    chain_make(experiment, 60)
    folded = htmx.get(TREE).content.decode()
    assert folded.count("tree__line") < 6
    (key,) = re.findall(r'id="fold-(\d+)"', folded)
    opened = htmx.get(TREE, {"open": [key, "nonsense", "9" * 5000]}).content.decode()
    assert opened.count('<li id="state-') == 60
    # What the panel asks for when it follows: the fold stays as it is.
    assert f'name="open" value="{key}"' in opened


def test_what_has_a_name_or_branches_is_not_folded(experiment):
    middle = chain_make(experiment, 5)
    Checkpoint.objects.filter(step=300).update(tag="named")
    chain_make(experiment, 2, middle)
    state_make(experiment, 999, middle, tag="side")
    assert (300, 0) in drawn(experiment)
    assert all(not isinstance(line, int) or line >= 3 for line in drawn(experiment))


def test_the_metrics_of_each_state_stand_in_the_order_of_the_tasks(experiment, htmx):
    first, second = state_make(experiment, 100), state_make(experiment, 200)
    names = [("gone", "psnr"), ("digit", "accuracy"), ("recon", "psnr")]
    for checkpoint, order in ((first, names), (second, names[::-1])):
        facts = [MetricFact(task, metric, 0.5, good=0.4, poor=0.1) for task, metric in order]
        outcome = EvalOutcome(step=checkpoint.step, checkpoint=checkpoint, metrics=facts)
        eval_store(experiment=experiment, outcome=outcome)
    ordered = "recon psnr 0.5000 good digit accuracy 0.5000 good gone psnr 0.5000 good"
    assert words(htmx.get(TREE)).count(ordered) == 2
