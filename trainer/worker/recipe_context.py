"""What a recipe is given to work with: each call is a row, and is not carried out twice."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from django.core.exceptions import ValidationError

from acc.recipes.base import RecipeError
from trainer.models import RecipeRun, RecipeStep
from trainer.selectors.nodes import trainer_is_online
from trainer.services.calls import TrainerBusy, TrainerOffline, calls_give_up
from trainer.services.recipe_steps import phase_begin, phase_complete, step_begin, step_finish
from trainer.services.sentences import sentence_of
from trainer.worker import recipe_calls
from trainer.worker.recipe_hold import RecipeHold
from trainer.worker.recipe_jobs import job_follow
from trainer.worker.recipe_restore import phase_restore

LONGEST_NAME = RecipeRun._meta.get_field("current_phase").max_length or 0
LOOK_SECONDS = 0.2
# So often a question is put to a trainer that is there and takes none.
MOST_ASKED = 15
Work = Callable[[RecipeRun, dict[str, Any]], Any]


class RecipeChanged(Exception):
    """A recipe went another way after an interruption than before it; the text says where."""


class Context:
    """The `RecipeContext` of one run.

    A call of a phase that was completed before an interruption returns what its row holds. The
    phase that was interrupted is restored to its beginning and carried out anew.
    """

    def __init__(self, run: RecipeRun, hold: RecipeHold) -> None:
        self._run = run
        self._hold = hold
        self._phase = ""
        self._seen: list[str] = []
        # The calls of a completed phase that are still to be asked again; None while one works.
        self._recorded: deque[RecipeStep] | None = None

    @property
    def experiment(self) -> str:
        """The slug of the experiment that calls act on; "" before there is one."""
        return self._run.experiment.slug if self._run.experiment else ""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Begin a phase; it ends with the block, or with the next phase."""
        self.close()
        self._hold.check()
        if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
            raise RecipeError(f"a phase needs a name of 1 to {LONGEST_NAME} characters")
        if name in self._seen:
            raise RecipeError(f"two phases are called '{name}'; give each a name of its own")
        self._seen.append(name)
        run = self._run
        self._recorded = None
        if name in run.phases_completed:
            self._recorded = deque(run.steps.filter(phase=name, abandoned=False))
        elif run.current_phase == name:
            self._let_calls_end()
            self._try(lambda: phase_restore(run))
        elif run.current_phase:
            raise RecipeChanged(_changed(f"the phase '{run.current_phase}'", f"'{name}'"))
        else:
            phase_begin(run, name)
        self._phase = name
        return _Block(self, name)

    def close(self) -> None:
        """End the phase that is open, if one is."""
        if not self._phase:
            return
        if self._recorded:
            raise RecipeChanged(_changed(f"a call of {self._recorded[0].kind}", "no call"))
        if self._recorded is None:
            phase_complete(self._run)
        self._phase = ""

    def close_if_open(self, name: str) -> None:
        """End a phase unless another one began within its block."""
        if self._phase == name:
            self.close()

    def create_model(
        self, class_name: str, config: Mapping[str, Any] | None = None, experiment: str = ""
    ) -> str:
        """Make a model in an experiment; return the experiment's slug."""
        asked = {"class_name": class_name, "config": config or {}, "experiment": experiment}
        slug: str = self._call(recipe_calls.model_create, "create_model", asked)
        return slug

    def load_dataset(self, name: str, image_size: int = 32) -> str:
        """Load a built-in dataset; return its name."""
        asked = {"name": name, "image_size": image_size}
        known_as: str = self._call(recipe_calls.dataset_load, "load_dataset", asked)
        return known_as

    def generate(self, generator: str, params: Mapping[str, Any] | None = None) -> str:
        """Make a dataset; return its name."""
        asked = {"generator_name": generator, "params": params or {}}
        name: str = self._call(recipe_calls.generate, "generate", asked)
        return name

    def attach_task(self, class_name: str, dataset: str, **chosen: Any) -> str:
        """Attach a task; return its name. `chosen` is name, weight, latent_slice and params."""
        asked = {"class_name": class_name, "dataset": dataset, **chosen}
        name: str = self._call(recipe_calls.attach_task, "attach_task", asked)
        return name

    def detach_all_tasks(self) -> None:
        """Detach every task."""
        self._call(recipe_calls.detach_all_tasks, "detach_all_tasks", {})

    def set_weight(self, task: str, weight: float) -> None:
        """Change a task's weight."""
        self._call(recipe_calls.set_weight, "set_weight", {"task": task, "weight": weight})

    def train(self, steps: int, **chosen: Any) -> int:
        """Train until all steps are done; return the job's number. `chosen` is as `job_start`'s."""
        job: int = self._call(None, "train", {"steps": steps, **chosen})
        return job

    def evaluate(self) -> dict[str, dict[str, float | None]]:
        """Measure every enabled task; return values by task and metric."""
        results: dict[str, dict[str, float | None]]
        results = self._call(recipe_calls.evaluate, "evaluate", {})
        return results

    def save_checkpoint(self, tag: str) -> int:
        """Name the present state; return its number."""
        number: int = self._call(recipe_calls.save_checkpoint, "save_checkpoint", {"tag": tag})
        return number

    def load_checkpoint(self, checkpoint: int | None) -> None:
        """Go back to a state; None is the untrained model."""
        asked = {"checkpoint": checkpoint}
        self._call(recipe_calls.load_checkpoint, "load_checkpoint", asked)

    def fork(self, checkpoint: int, new_tag: str) -> int:
        """Begin a branch; return its first checkpoint."""
        asked = {"checkpoint": checkpoint, "new_tag": new_tag}
        number: int = self._call(recipe_calls.fork, "fork", asked)
        return number

    def log(self, text: str) -> None:
        """Write a line for whoever follows the run."""
        self._call(recipe_calls.log, "log", {"text": str(text)})

    def report(
        self, branch: str, *, seed: int, metrics: Mapping[str, Mapping[str, float | None]]
    ) -> None:
        """Keep what a branch reached with one seed."""
        asked = {"branch": str(branch), "seed": seed, "metrics": metrics}
        self._call(recipe_calls.report, "report", asked)

    def _call(self, work: Work | None, kind: str, asked: dict[str, Any]) -> Any:
        """Carry out a call, or return what its row holds; a refusal is a RecipeError either way."""
        self._hold.check()
        if not self._phase:
            self.phase(f"after {self._seen[-1]}" if self._seen else "begin")
        asked = _as_json(kind, asked)
        if self._recorded is not None:
            return self._recall(kind, asked)
        step = step_begin(self._run, phase=self._phase, kind=kind, asked=asked)
        try:
            result = self._try(lambda: work(self._run, asked) if work else self._train(step))
        except RecipeError as refused:
            step_finish(step, refusal=str(refused))
            raise
        step_finish(step, result=result)
        return result

    def _try(self, work: Callable[[], Any]) -> Any:
        """Do some work; a refusal is a RecipeError. Where the trainer is offline, wait for it.

        One that ends says goodbye a moment before it tells its workers, and one that starts has
        workers a moment before it is online. One that is busy with other people's questions is
        asked again: hours of work are not given up for a minute.
        """
        asked = 0
        while True:
            asked += 1
            try:
                return work()
            except TrainerBusy as busy:
                if asked == MOST_ASKED:
                    raise RecipeError(str(busy)) from busy
                self._hold.check()
            except TrainerOffline as offline:
                if trainer_is_online():  # it is there, and did not answer in time
                    raise RecipeError(str(offline)) from offline
            except ValidationError as invalid:
                raise RecipeError(sentence_of(invalid)) from invalid
            except recipe_calls.REFUSALS as refusal:
                raise RecipeError(str(refusal) or type(refusal).__name__) from refusal
            while not trainer_is_online():
                self._hold.check()
                self._hold.wait(LOOK_SECONDS)

    def _let_calls_end(self) -> None:
        """Wait for what the interrupted attempt asked: it must not happen in the midst of this."""
        while calls_give_up(by=recipe_calls.run_name(self._run)):
            self._hold.check()
            self._hold.wait(LOOK_SECONDS)

    def _train(self, step: RecipeStep) -> int:
        return job_follow(self._run, recipe_calls.job_begin(self._run, step), self._hold)

    def _recall(self, kind: str, asked: dict[str, Any]) -> Any:
        step = self._recorded.popleft() if self._recorded else None
        if step is None or (step.kind, step.asked) != (kind, asked):
            before = f"{step.kind} {json.dumps(step.asked)}" if step else "no further call"
            raise RecipeChanged(_changed(before, f"{kind} {json.dumps(asked)}"))
        if step.refusal:
            raise RecipeError(step.refusal)
        return step.result


class _Block(AbstractContextManager[None]):
    """A phase as a block; one that an error ends is not completed."""

    def __init__(self, context: Context, name: str) -> None:
        self._context = context
        self._name = name

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._context.close_if_open(self._name)


def _as_json(kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what was asked as its row keeps it, so that it can be compared with the row."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(asked, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{kind} was given what cannot be kept: {error}") from error
    return plain


def _changed(before: str, now: str) -> str:
    return (
        f"after an interruption the recipe asked for {now} where it had asked for {before}; it "
        "must decide by its parameters and by what calls return, and by nothing else"
    )
