"""The page of the checkpoints: the tree, one state and what can be done with it, two of them."""

import re

import pytest
from django.db import connection

from tests.dashboard.measured import answer_call
from tests.dashboard.reading import words
from tests.dashboard.states import chain_make, measured, state_make
from trainer.models import Call, Checkpoint, Experiment
from trainer.services.checkpoint_tree import checkpoint_fork
from trainer.services.job_start import job_start

TREE = "/partials/checkpoints/tree/"


@pytest.fixture(autouse=True)
def _own_room(settings, tmp_path):
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"


def do(client, checkpoint, verb, **typed):
    return client.post(f"/partials/checkpoints/{checkpoint.pk}/{verb}/", typed)


def test_a_state_may_be_pruned_while_its_page_is_made(experiment, browser_client):
    """A running job replaces its current state at any moment, between any two statements."""
    first = state_make(experiment, 100)
    pruned: list[Checkpoint] = []

    def prune(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if 'FROM "trainer_experiment"' in sql and not pruned:
            pruned.append(first)
            state_make(experiment, 200)
            first.delete()
        return result

    with connection.execute_wrapper(prune):
        page = browser_client.get("/checkpoints/")
    assert pruned
    assert page.status_code == 200
    assert "Model step 200" in words(page)


def test_the_tree_shows_metrics_health_and_the_current_state(experiment, htmx):
    ill = state_make(experiment, 1200, tag="ill")
    measured(ill, 0.95)
    page = words(htmx.get(TREE))
    for told in (
        "ill",
        "current",
        "digit critical",
        "model step 1,200",
        "digit accuracy 0.9500 good",
    ):
        assert told in page


def test_tags_are_texts_and_no_markup(experiment, browser_client):
    state_make(experiment, 100, tag="<b>bold</b>")
    page = browser_client.get("/checkpoints/").content.decode()
    assert "<b>bold" not in page
    assert "&lt;b&gt;bold" in page


def test_a_loaded_state_is_the_current_one(experiment, htmx):
    first = state_make(experiment, 100)
    state_make(experiment, 200, first)
    answer = do(htmx, first, "load")
    assert answer.status_code == 200
    assert "acc:checkpoints" in answer.headers["HX-Trigger"]
    assert Experiment.objects.get().current_checkpoint == first


def test_training_from_a_state_leads_to_the_workbench(experiment, htmx):
    first = state_make(experiment, 100)
    state_make(experiment, 200, first)
    answer = do(htmx, first, "train")
    assert answer.headers["HX-Redirect"] == "/?experiment=digits"
    assert "Continues from model step 100" in words(htmx.get("/"))


def test_a_refused_branch_keeps_its_name_in_the_form(experiment, htmx):
    state = state_make(experiment, 100, tag="taken")
    answer = do(htmx, state, "fork", new_tag="taken")
    assert answer.status_code == 422
    assert "tagged 'taken' already" in words(answer)
    assert re.search(r'id="fork-tag"[^>]*value="taken"', answer.content.decode())
    assert "HX-Trigger-After-Settle" not in answer.headers


def test_saving_the_present_state_says_so_and_empties_the_field(experiment, htmx):
    state = state_make(experiment, 100)
    answer = htmx.post("/partials/checkpoints/save/", {"tag": "good one"})
    assert f"Saved as good one, checkpoint {state.pk}." in words(answer)
    assert 'value=""' in answer.content.decode()
    branched = htmx.post("/partials/checkpoints/save/", {"tag": "another"})
    assert f"Saved as another, checkpoint {state.pk + 1}." in words(branched)
    refused = htmx.post("/partials/checkpoints/save/", {"tag": "good one"})
    assert refused.status_code == 422
    assert "Saved" not in words(refused)
    assert 'value="good one"' in refused.content.decode()


def test_a_tag_that_is_too_long_is_refused_in_words_and_not_cut(experiment, htmx):
    state = state_make(experiment, 100)
    answer = htmx.post("/partials/checkpoints/save/", {"tag": "t" * 121})
    assert answer.status_code == 422
    assert "at most 120 characters" in words(answer)
    state.refresh_from_db()
    assert state.tag == ""


def test_a_saved_state_without_a_tag_is_named_by_its_number(experiment, htmx):
    state = state_make(experiment, 100)
    answer = htmx.post("/partials/checkpoints/save/", {"tag": ""})
    assert f"Saved: checkpoint {state.pk}." in words(answer)


def test_while_a_job_is_in_progress_nothing_is_loaded(experiment, htmx):
    first = state_make(experiment, 100)
    job = job_start(experiment=experiment, steps=10)
    answer = do(htmx, first, "load")
    assert (answer.status_code, f"job {job.pk} of experiment" in words(answer)) == (422, True)


def test_a_deletion_says_what_it_means_before_and_leads_on_after(experiment, htmx):
    middle = chain_make(experiment, 2)
    chain_make(experiment, 1, middle)
    measured(middle, 0.7)
    page = words(htmx.get("/partials/checkpoints/one/", {"checkpoint": middle.pk}))
    child = Checkpoint.objects.get(step=300)
    assert f"Checkpoint {child.pk} then hangs on checkpoint {middle.parent_id}." in page
    assert "1 evaluation keeps its numbers" in page
    answer = do(htmx, middle, "delete")
    assert answer.headers["HX-Redirect"] == "/checkpoints/?experiment=digits"
    assert not Checkpoint.objects.filter(pk=middle.pk).exists()


def test_a_state_can_be_evaluated_long_after_it_was_stored(experiment, htmx, trainer_online):
    state = state_make(experiment, 100)
    assert "Evaluating" in words(do(htmx, state, "evaluate"))
    assert Call.objects.get(kind=Call.Kind.EVAL_RUN).payload["checkpoint"] == state.pk


def test_states_of_other_experiments_and_unknown_verbs_are_not_found(experiment, htmx):
    state = state_make(experiment, 100)
    Experiment.objects.create(slug="other", name="other", model_class="ConvVAE")
    path = f"/partials/checkpoints/{state.pk}"
    assert htmx.post(f"{path}/load/?experiment=other").status_code == 404
    assert htmx.post(f"{path}/format/").status_code == 404
    assert htmx.get("/checkpoints/?checkpoint=abc").status_code == 404


def test_a_state_is_tagged_or_renamed_and_others_are_told_by_step_and_number(experiment, htmx):
    root = chain_make(experiment, 1)
    tagged = state_make(experiment, 4241, root, tag="mine")
    page = htmx.get(f"/checkpoints/?checkpoint={root.pk}")
    assert f"mine, model step 4,241, checkpoint {tagged.pk}" in words(page)
    assert ">Tag</button>" in page.content.decode()
    page = htmx.get(f"/checkpoints/?checkpoint={tagged.pk}")
    assert ">Rename</button>" in page.content.decode()


def test_a_policy_is_chosen_and_a_wrong_one_keeps_what_was_typed(experiment, htmx):
    chain_make(experiment, 4)
    refused = htmx.post("/partials/checkpoints/keep/", {"last": "two", "best": "", "metric": ""})
    assert refused.status_code == 422
    assert 'value="two"' in refused.content.decode()
    sentence = "Must be a whole number from 1 to 10,000, or empty."
    assert refused.context["keep_form"].errors == {"last": [sentence]}
    unmeasured = htmx.post("/partials/checkpoints/keep/", {"last": "", "best": "1", "metric": ""})
    assert unmeasured.status_code == 422
    assert list(unmeasured.context["keep_form"].errors) == ["metric"]
    kept = htmx.post("/partials/checkpoints/keep/", {"last": "2", "best": "", "metric": ""})
    assert "2 states went" in words(kept)
    assert Checkpoint.objects.count() == 2


def test_two_states_are_compared_on_request_relative_to_the_first(experiment, htmx, trainer_online):
    one = chain_make(experiment, 1)
    other = chain_make(experiment, 1, one)
    measured(one, 0.6)
    measured(other, 0.8)
    address = f"/partials/checkpoints/compare/?one={other.pk}&other={one.pk}"
    assert "0.8000 better" in words(htmx.get(address))
    for _ in range(2):
        assert "The trainer is comparing" in words(htmx.post(address))
    assert Call.objects.filter(kind=Call.Kind.COMPARE).count() == 1
    images = [{"files": ["0.png", "1.png", "2.png"], "psnr": [11.0, 22.0]}]
    answer = {
        "one": other.pk,
        "other": one.pk,
        "distances": [{"part": "encoder", "relative": 0.25, "weights": 1000}],
        "datasets": [{"dataset": "digits", "images": images, "error": ""}],
    }
    answer_call(Call.Kind.COMPARE, answer=answer)
    assert "encoder 1,000 0.2500" in words(htmx.get(address))
    assert "11.0 dB | 22.0 dB" in words(htmx.get(address))
    # The other way round the distances are others: they are asked for anew.
    turned = f"/partials/checkpoints/compare/?one={one.pk}&other={other.pk}"
    assert "0.2500" not in words(htmx.get(turned))
    htmx.post(turned)
    assert Call.objects.filter(kind=Call.Kind.COMPARE).count() == 2


def test_a_branch_shares_its_files_with_its_state_and_says_so(experiment, htmx):
    first = chain_make(experiment, 1)
    branch = checkpoint_fork(checkpoint=first, new_tag="branch")
    tree = htmx.get(TREE, {"open": ""})
    assert tree.context["tree_bytes"] == first.size_bytes
    page = words(htmx.get("/partials/checkpoints/one/", {"checkpoint": first.pk}))
    assert f"Its files stay for checkpoint {branch.pk}" in page


def test_where_the_chosen_state_was_pruned_the_open_page_shows_the_current_one(experiment, htmx):
    current = state_make(experiment, 100)
    gone = {"checkpoint": current.pk + 1000}
    assert f"checkpoint={current.pk}" in htmx.get(TREE, gone).content.decode()
    assert f"Checkpoint {current.pk}" in words(htmx.get("/partials/checkpoints/one/", gone))


def test_a_current_state_that_goes_while_the_page_is_made_gives_way_to_the_next(experiment, htmx):
    older, newer = state_make(experiment, 100), state_make(experiment, 200)
    Experiment.objects.update(current_checkpoint=older)

    def replace_first(execute, sql, params, many, context):
        """Let a job write its next checkpoint in the moment before the first one is read."""
        if 'FROM "trainer_checkpoint"' in sql and not replaced:
            replaced.append(older)
            Experiment.objects.update(current_checkpoint=newer)
            older.delete()
        return execute(sql, params, many, context)

    replaced: list[Checkpoint] = []
    with connection.execute_wrapper(replace_first):
        answer = htmx.get("/partials/checkpoints/one/")
    assert replaced
    assert f"Checkpoint {newer.pk}" in words(answer)
