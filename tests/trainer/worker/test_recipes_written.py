"""Recipes that are written down already: the one that ships, and the documented one."""

import pytest
import torch

from tests.acc.registry.test_documented_files import FILES
from tests.setup.classes import shipped_classes_store
from tests.trainer.worker.recipes import run_now, text_offer
from trainer.models import Checkpoint, Job, RecipeRun
from trainer.selectors.recipes import recipe_progress, recipe_reports
from trainer.services.calls import CallRefused
from trainer.services.recipes import recipe_start
from trainer.worker.checkpoint_store import checkpoint_read

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("valkey", "others"),
]


def test_the_factor_experiment_forks_both_branches_from_one_start_and_compares_them() -> None:
    shipped_classes_store()
    params = {"steps": 2, "probe_steps": 2, "seeds": 1, "data": "digits"}
    run = run_now(recipe_start(recipe_name="mnist_factor_experiment", params=params))
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    assert [[name, run.phases_completed[place]] for place, (name, _) in enumerate(run.plan)] == [
        [name, name] for name, _ in run.plan
    ]
    assert recipe_progress(run) == (14, 14)
    start, alone, curriculum = (Checkpoint.objects.get(pk=pk) for pk in run.checkpoints_created)
    assert (alone.parent, curriculum.parent, alone.step) == (start, start, 2)
    reports = recipe_reports(run)
    assert [report["branch"] for report in reports] == ["digits only", "curriculum"]
    for report in reports:
        assert {task: list(found) for task, found in report["metrics"].items()} == {
            "reconstruction": ["l1", "psnr", "ssim"],
            "digit probe": ["accuracy"],
            "thickness probe": ["mae"],
            "slant probe": ["mae"],
        }
    # The probes have moved no weight of the model that they look at.
    probed = [Job.objects.get(pk=report["jobs"][-1]) for report in reports]
    for job in probed:
        assert job.start_checkpoint is not None
        assert job.checkpoint is not None
        before, after = checkpoint_read(job.start_checkpoint), checkpoint_read(job.checkpoint)
        weights = {name for name in before.tensors if name.startswith("model/")}
        assert weights
        assert all(
            torch.allclose(before.tensors[name], after.tensors[name], rtol=0, atol=1e-8)
            for name in weights
        )


def test_what_a_recipe_refuses_is_refused_before_there_is_a_run() -> None:
    shipped_classes_store()
    with pytest.raises(
        CallRefused, match="steps must be a whole number from 1 to 1,000,000, not 0"
    ):
        recipe_start(recipe_name="mnist_factor_experiment", params={"steps": 0})
    assert not RecipeRun.objects.exists()


def test_the_documented_recipe_runs_as_it_is_written() -> None:
    text_offer("KLWeights", FILES["kl_weights.py"], parameter="steps")
    run = run_now(recipe_start(recipe_name="KLWeights", params={"steps": 2}))
    assert (run.state, run.error) == (RecipeRun.State.COMPLETED, "")
    assert run.phases_completed[:-1] == [name for name, _ in run.plan]
    assert recipe_progress(run) == (6, 6)
    assert [report["branch"] for report in recipe_reports(run)] == ["kl 0.0001", "kl 0.01"]
    weights = [Job.objects.get(pk=report["jobs"][0]).plan for report in recipe_reports(run)]
    assert [plan["tasks"][1]["weight"] for plan in weights] == [0.0001, 0.01]
