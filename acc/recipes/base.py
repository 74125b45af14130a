"""Recipe: an experiment written down as a script. Own recipes subclass it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Protocol

Metrics = dict[str, dict[str, float | None]]


class RecipeError(Exception):
    """A step of a recipe could not be carried out; the text says why. A recipe may catch it."""


class RecipeContext(Protocol):
    """What a recipe does its experiment with; each call returns when its work is done.

    Every call is what an operator could have done at the workbench, and leaves the same rows,
    events and curves. All of it acts on one experiment, the last one that `create_model` made,
    else the one that the run was started for. Checkpoints are named by their number.

    After a crash the recipe's `run` begins again, with the same parameters. A call of a phase that
    was completed does nothing then and returns what it returned at first; the phase that was
    interrupted begins anew, with the checkpoint and the tasks of its first beginning. So what
    `run` decides may depend on its parameters and on what calls return, and on nothing else.

    Each call raises RecipeError where it is refused, in the words of what refused it.
    """

    @property
    def experiment(self) -> str:
        """The slug of the experiment that calls act on; "" before there is one."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Begin a phase, whose name no other phase of the run has.

        As `with ctx.phase("start"):` it ends with the block, as a mere call with the next phase.
        """

    def create_model(
        self, class_name: str, config: Mapping[str, Any] | None = None, experiment: str = ""
    ) -> str:
        """Make a model in an experiment of its own and return the experiment's slug.

        Args:
            experiment: its slug; without it, one is made of the recipe's name.
        """

    def load_dataset(self, name: str, image_size: int = 32) -> str:
        """Load a built-in dataset and return the name it is known by."""

    def generate(self, generator: str, params: Mapping[str, Any] | None = None) -> str:
        """Make a dataset with a generator on offer and return the name it is known by."""

    def attach_task(
        self,
        class_name: str,
        dataset: str,
        *,
        name: str | None = None,
        weight: float = 1.0,
        latent_slice: str | Sequence[int] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> str:
        """Attach a task and return its name; `latent_slice` is written "0:8" or [0, 8]."""

    def detach_all_tasks(self) -> None:
        """Detach every task."""

    def set_weight(self, task: str, weight: float) -> None:
        """Change a task's factor in the total loss."""

    def train(  # the options of a training, as the API has them
        self,
        steps: int,
        *,
        lr: float = 1e-3,
        probe_lr: float | None = None,
        batch_size: int = 64,
        schedule: str = "joint",
        seed: int = 0,
    ) -> int:
        """Train over the enabled tasks until all steps are done and return the job's number."""

    def evaluate(self) -> Metrics:
        """Measure every enabled task on the present state: values by task and metric."""

    def save_checkpoint(self, tag: str) -> int:
        """Keep the present state under a name and return its number."""

    def load_checkpoint(self, checkpoint: int | None) -> None:
        """Go back to a state of the experiment; None is the untrained model."""

    def fork(self, checkpoint: int, new_tag: str) -> int:
        """Begin a branch at a state and return the branch's first checkpoint, which is current."""

    def log(self, text: str) -> None:
        """Write a line for whoever follows the run."""

    def report(self, branch: str, *, seed: int, metrics: Metrics) -> None:
        """Keep what a branch reached with one seed, for the comparison of branches.

        The page of the run sets the branches' metrics side by side, over the seeds, with the jobs
        that were trained since the last report or fork.
        """


class Recipe(ABC):
    """A scripted experiment: which models are trained on what, in which order.

    A subclass writes `run`; keyword parameters with defaults of its constructor, described under
    Args in the class docstring, make its form in the dashboard.
    """

    # Shown as the list of phases before the recipe comes to them; `run` goes through them in order.
    phases: ClassVar[tuple[str, ...]] = ()

    def plan(self) -> Mapping[str, int]:
        """Return how many steps each phase trains, in order; the time to go is told from it.

        To be overridden where phases or steps depend on the parameters.
        """
        return dict.fromkeys(self.phases, 0)

    @abstractmethod
    def run(self, ctx: RecipeContext) -> None:
        """Carry out the experiment through `ctx`."""
