"""kill -9 of a recipe's worker, and of the job that it trains: the recipe goes on by itself."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.system import System
from tests.setup.waiting import wait_until

ENDS = {"completed", "failed", "stopped"}

pytestmark = [pytest.mark.faults, pytest.mark.long]

RECIPE = """
from acc.recipes.base import Recipe


class BranchesRecipe(Recipe):
    \"\"\"For each seed, a start and two branches from it.

    Args:
        seeds: how many times.
    \"\"\"

    def __init__(self, *, seeds: int = 2):
        self.seeds = seeds

    def plan(self):
        return {f"seed {seed}, {part}": 240 for seed in range(self.seeds) for part in "abc"}

    def run(self, ctx):
        for seed in range(self.seeds):
            with ctx.phase(f"seed {seed}, a"):
                ctx.create_model("ConvVAE", {"latent_dim": 8})
                data = ctx.load_dataset("digits")
                ctx.attach_task("ReconstructionTask", data, name="recon")
                ctx.train(240, batch_size=16, seed=seed)
                start = ctx.save_checkpoint(f"start {seed}")
            for part, weight in (("b", 0.001), ("c", 0.1)):
                with ctx.phase(f"seed {seed}, {part}"):
                    ctx.fork(start, f"{part}{seed}")
                    ctx.attach_task("KLDivergenceTask", data, name=part, weight=weight)
                    ctx.train(240, batch_size=16, seed=seed)
                    ctx.report(part, seed=seed, metrics=ctx.evaluate())
                    ctx.detach_all_tasks()
                    ctx.attach_task("ReconstructionTask", data, name="recon")
"""


@pytest.fixture(scope="module", autouse=True)
def own_recipe(system: System, own_files: Path) -> None:
    """Save a short recipe of our own."""
    (own_files / "branches.py").write_text(RECIPE)
    system.wait_for_class("recipes", "BranchesRecipe")


def run_of(system: System, run_id: int) -> dict[str, Any]:
    """Return a run of a recipe."""
    return next(row for row in system.get("/recipes") if row["id"] == run_id)


def wait_for_phase(system: System, run_id: int, phase: str) -> None:
    """Wait until a run has come to a phase; one that ends before fails with its words."""

    def is_there() -> bool:
        run = run_of(system, run_id)
        assert run["state"] not in ENDS, run["error"]
        return phase in [run["current_phase"], *run["phases_completed"]]

    wait_until(is_there, phase, seconds=300)


def jobs_since(system: System, first: int) -> list[dict[str, Any]]:
    """Return the jobs after a number, the oldest first, of all experiments: each seed has one."""
    rows: list[dict[str, Any]] = []
    while True:
        status, row = system.answer("GET", f"/jobs/{first + len(rows) + 1}")
        if status == 404:
            return rows
        rows.append(row)


def train_job(system: System) -> int:
    """Wait for a running job and return its number."""
    running = lambda: system.get("/health")["running_jobs"]  # noqa: E731
    return int(wait_until(running, "a running job")[0]["id"])


def kill_job(system: System) -> None:
    """Kill the process of a job that trains; where one ends meanwhile, that of the next."""

    def is_killed() -> bool:
        with suppress(psutil.NoSuchProcess):
            system.process_of_job(train_job(system)).kill()
            return True
        return False

    wait_until(is_killed, "a job is killed")


def curves(system: System, jobs: list[dict[str, Any]]) -> list[Any]:
    """Return the curves of those jobs that trained to their end."""
    return [system.curve(job["id"]) for job in jobs if job["state"] == "completed"]


def test_a_recipe_over_two_seeds_survives_kill_9_in_the_middle(system: System) -> None:
    before = len(jobs_since(system, 0))
    run_id = system.post("/recipes/BranchesRecipe/run", {"params": {"seeds": 2}})["id"]
    wait_for_phase(system, run_id, "seed 0, b")
    train_job(system)
    wait_until(lambda: system.workers("recipe"), "a recipe's worker")[-1].kill()
    wait_for_phase(system, run_id, "seed 0, c")
    kill_job(system)
    wait_for_phase(system, run_id, "seed 1, b")
    train_job(system)
    for process in system.workers("recipe"):
        with suppress(psutil.NoSuchProcess):  # one that ended with its parent
            process.kill()
    wait_until(lambda: run_of(system, run_id)["state"] in ENDS, "the end", seconds=600)
    disturbed = run_of(system, run_id)
    assert (disturbed["state"], disturbed["error"]) == ("completed", None)
    assert disturbed["phases_completed"] == [f"seed {n}, {part}" for n in (0, 1) for part in "abc"]

    disturbed_jobs = jobs_since(system, before)
    calm_id = system.post("/recipes/BranchesRecipe/run", {"params": {"seeds": 2}})["id"]
    wait_until(lambda: run_of(system, calm_id)["state"] in ENDS, "the calm run's end", seconds=600)
    calm = curves(system, jobs_since(system, before + len(disturbed_jobs)))
    assert len(calm) == 6
    # Every curve of the undisturbed run was drawn by the disturbed one as well, to the last bit.
    drawn = curves(system, disturbed_jobs)
    assert all(curve in drawn for curve in calm)
