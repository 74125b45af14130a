"""A recipe of a few steps, put on offer as text, and somebody who does the others' work."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.setup.classes import shipped_classes_store
from tests.setup.trainer import trainer_stays
from tests.trainer.rows import offer_make
from trainer.models import Call, Job, RecipeRun
from trainer.services.nodes import node_goodbye
from trainer.services.recipes import recipe_start
from trainer.services.registry import registry_store
from trainer.worker.answer import call_answer
from trainer.worker.recipe_run import recipe_run
from trainer.worker.run import job_run

# `STEPS` and `END` are replaced by what a test wants.
TEXT = """from acc.recipes.base import Recipe, RecipeError


class TinyRecipe(Recipe):
    \"\"\"Trains twice from one start.

    Args:
        seed: decides the first weights.
    \"\"\"

    phases = ("start", "more")

    def __init__(self, *, seed: int = 0):
        self.seed = seed

    def plan(self):
        return {"start": 4, "more": STEPS}

    def run(self, ctx):
        with ctx.phase("start"):
            ctx.create_model("ConvVAE", {"latent_dim": 4})
            data = ctx.load_dataset("digits")
            ctx.attach_task("ReconstructionTask", data, name="recon")
            ctx.train(4, batch_size=8, seed=self.seed)
            start = ctx.save_checkpoint("start")
        with ctx.phase("more"):
            ctx.fork(start, "branch")
            ctx.attach_task("KLDivergenceTask", data, name="kl", weight=0.5)
            ctx.set_weight("kl", 0.25)
            ctx.train(STEPS, batch_size=8, seed=self.seed)
            END
"""
REPORT = 'ctx.report("branch", seed=self.seed, metrics=ctx.evaluate())'


def recipe_offer(*, steps: int = 3, end: str = REPORT, text: str = TEXT) -> None:
    """Put the tiny recipe on offer, beside all classes that ship with ACC."""
    text = text.replace("STEPS", str(steps)).replace("END", end)
    text_offer("TinyRecipe", text, parameter="seed")


def text_offer(class_name: str, text: str, *, parameter: str) -> None:
    """Put a recipe on offer whose constructor takes one whole number."""
    shipped_classes_store()
    declared = {"name": parameter, "type": "int", "default": 0, "required": False}
    offer = offer_make(
        class_name,
        source=text,
        file=f"/gone/{class_name.removesuffix('Recipe').lower()}.py",
        module=class_name.removesuffix("Recipe").lower(),
        parameters=[declared | {"description": ""}],
    )
    registry_store(registry="recipes", offers=[offer], errors=[])


def run_now(run: RecipeRun) -> RecipeRun:
    """Carry a run out as the recipe worker does; return its row as it is then."""
    recipe_run(run.pk)
    return RecipeRun.objects.get(pk=run.pk)


def run_apart(run: RecipeRun) -> threading.Thread:
    """Carry a run out on a thread of its own, which is returned."""

    def work() -> None:
        try:
            run_now(run)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def tiny_run(**params: object) -> RecipeRun:
    """Run the tiny recipe to its end."""
    return run_now(recipe_start(recipe_name="TinyRecipe", params=params, by="ada"))


@contextmanager
def others_at_work() -> Iterator[None]:
    """Train queued jobs and answer calls, each on a thread, with the workers' own code."""
    ended = threading.Event()

    def work(look: object) -> None:
        try:
            while not ended.is_set():
                look()  # type: ignore[operator]
                time.sleep(0.01)
        finally:
            connection.close()

    def calls() -> None:
        for call in Call.objects.filter(state=Call.State.PENDING):
            call_answer(call.pk)

    def jobs() -> None:
        for job in Job.objects.filter(state=Job.State.QUEUED):
            job_run(job.pk)

    threads = [threading.Thread(target=work, args=(look,)) for look in (calls, jobs)]
    trainer_stays()
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(timeout=120)
        node_goodbye()
