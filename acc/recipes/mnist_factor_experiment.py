"""Does a curriculum with synthetic strokes put thickness and slant where the model has a slot?"""

from collections.abc import Mapping
from typing import Literal

from acc.checks import require_whole
from acc.recipes.base import Recipe, RecipeContext, RecipeError

# Where the default FactorSlotAutoencoder keeps each factor.
SLOTS = {"digit": "0:16", "thickness": "16:20", "slant": "20:24"}
# The factors with synthetic data, in the order of the curriculum.
SYNTHETIC = ("thickness", "slant")
SYNTHETIC_COUNT = 1000
# So little moves no weight of the model: what is trained then are the heads of the probes.
STANDSTILL = 1e-12
PROBE_RATE = 1e-2


class MnistFactorExperiment(Recipe):
    """Compares training on digits only with a curriculum of synthetic thickness and slant.

    For each seed, one start is trained on the digits and forked twice. One branch goes on with the
    digits only; the other one also learns thickness, then slant, of synthetic strokes, each in its
    own slot of the latent. Both take equally many steps. In the end linear probes, trained on the
    model as it stands, tell what each slot holds.

    Args:
        steps: Steps of each phase, 1 to 1,000,000; a branch takes two phases after the start.
        probe_steps: Steps in which the probes are trained, 1 to 1,000,000.
        seeds: How many times all of it is done, each with different initial weights, 1 to 20.
        data: "auto" takes mnist where it can be had, else the digits of scikit-learn.
    """

    def __init__(
        self,
        *,
        steps: int = 150,
        probe_steps: int = 150,
        seeds: int = 2,
        data: Literal["auto", "mnist", "digits"] = "auto",
    ) -> None:
        """Check the parameters.

        Raises:
            ValueError: a parameter is out of its range, in one sentence.
        """
        self.steps = require_whole("steps", steps, low=1, high=1_000_000)
        self.probe_steps = require_whole("probe_steps", probe_steps, low=1, high=1_000_000)
        self.seeds = require_whole("seeds", seeds, low=1, high=20)
        if data not in {"auto", "mnist", "digits"}:
            raise ValueError(f"data must be auto, mnist or digits, not {data}")
        self.data = data

    def plan(self) -> Mapping[str, int]:
        """Return the steps of each phase."""
        plan = {"data": 0}
        for seed in range(self.seeds):
            plan[_named(seed, "start")] = self.steps
            plan[_named(seed, "digits only")] = 2 * self.steps
            plan[_named(seed, "probes, digits only")] = self.probe_steps
            for factor in SYNTHETIC:
                plan[_named(seed, f"curriculum, {factor}")] = self.steps
            plan[_named(seed, "probes, curriculum")] = self.probe_steps
        return plan

    def run(self, ctx: RecipeContext) -> None:
        """Train and probe both branches, seed by seed."""
        with ctx.phase("data"):
            ctx.create_model("FactorSlotAutoencoder")
            datasets = {factor: self._synthetic(ctx, factor) for factor in SYNTHETIC}
            datasets["digit"] = self._digits(ctx)
        for seed in range(self.seeds):
            self._one_seed(ctx, seed, datasets)

    def _one_seed(self, ctx: RecipeContext, seed: int, datasets: dict[str, str]) -> None:
        with ctx.phase(_named(seed, "start")):
            ctx.load_checkpoint(None)
            _attach_digits(ctx, datasets["digit"])
            ctx.train(self.steps, seed=seed)
            start = ctx.save_checkpoint(f"seed {seed}, start")
        with ctx.phase(_named(seed, "digits only")):
            ctx.fork(start, f"seed {seed}, digits only")
            ctx.train(2 * self.steps, seed=seed)
        with ctx.phase(_named(seed, "probes, digits only")):
            self._probe(ctx, seed, f"{datasets['digit']} only", datasets)
        for place, factor in enumerate(SYNTHETIC):
            with ctx.phase(_named(seed, f"curriculum, {factor}")):
                if place == 0:
                    ctx.fork(start, f"seed {seed}, curriculum")
                    _attach_digits(ctx, datasets["digit"])
                _attach_factor(ctx, factor, datasets[factor])
                ctx.train(self.steps, seed=seed)
        with ctx.phase(_named(seed, "probes, curriculum")):
            self._probe(ctx, seed, "curriculum", datasets)

    def _probe(self, ctx: RecipeContext, seed: int, branch: str, datasets: dict[str, str]) -> None:
        """Train a linear probe on each slot and report what they read, and the reconstruction."""
        ctx.detach_all_tasks()
        ctx.attach_task("ReconstructionTask", datasets["digit"], name="reconstruction")
        ctx.attach_task(
            "ClassificationTask",
            datasets["digit"],
            name="digit probe",
            latent_slice=SLOTS["digit"],
        )
        for factor in SYNTHETIC:
            ctx.attach_task(
                "RegressionTask",
                datasets[factor],
                name=f"{factor} probe",
                latent_slice=SLOTS[factor],
            )
        ctx.train(self.probe_steps, lr=STANDSTILL, probe_lr=PROBE_RATE, seed=seed)
        ctx.report(branch, seed=seed, metrics=ctx.evaluate())
        ctx.detach_all_tasks()

    def _digits(self, ctx: RecipeContext) -> str:
        if self.data != "auto":
            return ctx.load_dataset(self.data)
        try:
            return ctx.load_dataset("mnist")
        except RecipeError as refusal:
            ctx.log(f"The digits of scikit-learn are taken: {refusal}")
            return ctx.load_dataset("digits")

    def _synthetic(self, ctx: RecipeContext, factor: str) -> str:
        return ctx.generate(factor, {"count": SYNTHETIC_COUNT, "seed": 0})


def _attach_digits(ctx: RecipeContext, digits: str) -> None:
    ctx.detach_all_tasks()
    ctx.attach_task("ReconstructionTask", digits, name="reconstruction")
    ctx.attach_task("KLDivergenceTask", digits, name="kl", weight=0.0005)
    ctx.attach_task(
        "ClassificationTask", digits, name="digit", weight=0.1, latent_slice=SLOTS["digit"]
    )


def _attach_factor(ctx: RecipeContext, factor: str, strokes: str) -> None:
    ctx.attach_task("ReconstructionTask", strokes, name=f"{factor} strokes", weight=0.5)
    ctx.attach_task("RegressionTask", strokes, name=factor, weight=0.1, latent_slice=SLOTS[factor])


def _named(seed: int, phase: str) -> str:
    return f"seed {seed}: {phase}"
