"""The training loop's one step, for any model and any set of tasks."""

import inspect
import time
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from acc.model_output import ModelOutput
from acc.tasks.base import Task
from acc.training.batch_feed import BatchFeed, derived_seed
from acc.training.blame import gradient_explain
from acc.training.clock import StepClock
from acc.training.heads import MODEL_GROUP, head_forget, head_train
from acc.training.loss_ring import Layout, LossRing
from acc.training.randomness import RandomStream
from acc.training.schedule import Schedule, Turns
from acc.training.task_loss import TaskStepError, loss_of, weighted_sum


@dataclass(frozen=True)
class TrainerConfig:
    """What a job chooses.

    Attributes:
        lr: Adam's learning rate of the model.
        probe_lr: Adam's learning rate of the tasks' heads.
        batch_size: images a dataset and step.
        seed: decides the order of the data and the drawing of tasks.
    """

    lr: float = 1e-3
    probe_lr: float = 1e-3
    batch_size: int = 64
    schedule: Schedule = Schedule.JOINT
    seed: int = 0


class Trainer:
    """Trains one model on several tasks, one step at a time.

    The model is any `nn.Module` whose forward returns a dict keyed by `ModelOutput`. Tasks on the
    same dataset share one batch and one forward pass. Everything here happens in the thread that
    calls `step`; between two steps that thread may change tasks, weights and learning rates.
    """

    def __init__(
        self, model: nn.Module, tasks: Iterable[Task], config: TrainerConfig, device: torch.device
    ) -> None:
        """Take over a model and tasks that are attached to it; both move to `device`."""
        self.model = model.to(device).train()
        self.config = config
        self.device = device
        self.step_count = 0
        self.clock = StepClock()
        self.ring = LossRing(device)
        self.turns = Turns(config.schedule, derived_seed(config.seed, "turns"))
        self.tasks: dict[str, Task] = {}
        # Tasks that were taken out and may come back: not trained, everything kept.
        self.aside: dict[str, Task] = {}
        self.feeds: dict[str, BatchFeed] = {}
        # Of tasks and datasets that came in later; by the task's or the dataset's name.
        self.task_streams: dict[str, RandomStream] = {}
        self.feed_streams: dict[str, RandomStream] = {}
        self._places: dict[str, int] = {}
        self.probe_lr = config.probe_lr  # now; of heads to come as well
        self.optimizer = torch.optim.Adam(
            [{"params": list(model.parameters()), "lr": config.lr, "name": MODEL_GROUP}],
            fused=True,
        )
        self._unfollowed = torch.zeros((), dtype=torch.int64, device=device)
        self.takes_decode = _takes_decode(model)
        for task in tasks:
            self.add_task(task)
        self._arrange()

    def add_task(self, task: Task, *, seed: int | None = None) -> None:
        """Add an attached task as the last one; the others keep their optimizer state.

        One of the same name that was set aside is dropped.

        Args:
            seed: for a task that joins a training: begins a random stream of its own, for its
                loss and for the passes over a dataset that comes with it, so that the others go
                on drawing the very numbers that they would have drawn without it.

        Raises:
            ValueError: a task of that name is there.
        """
        if task.name in self.tasks:
            raise ValueError(f"a task named '{task.name}' is already attached")
        name, dataset = task.name, task.dataset
        # What may fail comes first, so that a refused task leaves nothing behind.
        feed = self.feeds.get(dataset.name) or BatchFeed(
            dataset.to(self.device), batch_size=self.config.batch_size, seed=self.config.seed
        )
        if task.head is not None:
            task.head.to(self.device).train()
        if name in self.aside:
            self.remove_task(name)
        if seed is not None:
            self.task_streams[name] = RandomStream(derived_seed(seed, "loss"), self.device)
            if dataset.name not in self.feeds:
                self.feed_streams[dataset.name] = RandomStream(
                    derived_seed(seed, "model"), self.device
                )
        self.feeds[dataset.name] = feed
        self.tasks[name] = task
        self._places[name] = 1 + max(self._places.values(), default=0)
        head_train(self.optimizer, task, lr=self.probe_lr)
        self._arrange()

    def remove_task(self, name: str) -> Task:
        """Drop a task, trained or set aside, its head's optimizer state with it.

        Raises:
            KeyError: no task has that name.
        """
        task = self.tasks.pop(name) if name in self.tasks else self.aside.pop(name)
        del self._places[name]
        self.task_streams.pop(name, None)
        others = [*self.tasks.values(), *self.aside.values()]
        head_forget(self.optimizer, task, others)
        used = {other.dataset.name for other in others}
        self.feeds = {key: feed for key, feed in self.feeds.items() if key in used}
        self.feed_streams = {key: own for key, own in self.feed_streams.items() if key in used}
        self._arrange()
        return task

    def set_aside(self, name: str) -> None:
        """Take a task out of the steps and keep all of it, so that `take_back` undoes this.

        Raises:
            KeyError: no trained task has that name.
        """
        self.aside[name] = self.tasks.pop(name)
        self._arrange()

    def take_back(self, name: str) -> None:
        """Let a task that was set aside go on where it left off, at its old place.

        Raises:
            KeyError: none of that name was set aside.
        """
        self.tasks[name] = self.aside.pop(name)
        self.tasks = dict(sorted(self.tasks.items(), key=lambda item: self._places[item[0]]))
        self._arrange()

    def set_weight(self, name: str, weight: float) -> float:
        """Change a task's weight from the next step on; return the old one."""
        old, self.tasks[name].weight = self.tasks[name].weight, weight
        self._arrange()
        return old

    def set_enabled(self, name: str, *, enabled: bool) -> None:
        """Let a task take part in the steps, or not; its head and its state stay."""
        self.tasks[name].enabled = enabled
        self._arrange()

    def set_lr(self, *, lr: float | None = None, probe_lr: float | None = None) -> dict[str, float]:
        """Change learning rates from the next step on; Adam's moments stay. Return the old ones."""
        old = {"lr": self.optimizer.param_groups[0]["lr"], "probe_lr": self.probe_lr}
        self.probe_lr = self.probe_lr if probe_lr is None else probe_lr
        for group in self.optimizer.param_groups:
            chosen = lr if group["name"] == MODEL_GROUP else probe_lr
            if chosen is not None:
                group["lr"] = chosen
        return old

    @property
    def unfollowed_steps(self) -> int:
        """How many steps left the weights as they were since a gradient was not finite.

        Asking makes the CPU wait for the device. Steps whose loss was not finite do not count.
        """
        return int(self._unfollowed)

    @property
    def can_step(self) -> bool:
        """Whether a task is left to train: one is enabled and, by weight, one can be drawn."""
        return self.turns.can_choose(self._weights)

    def step(self) -> None:
        """Do one optimizer step and leave its losses in the ring.

        Raises:
            TaskStepError: a task's loss raised, is not a scalar tensor, or cannot be trained on.
            ValueError: no task is enabled.
        """
        if not self._enabled:
            raise ValueError("no task is enabled, so there is nothing to train")
        began = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        index = self.turns.active(self.step_count, self._weights)
        number = self.step_count + 1
        if index is None:
            losses = self._joint_losses(number)
            total = weighted_sum(losses, self._layout.weights)
            barren = self._descend(total, self._enabled, self._layout.weights, number)
            self.ring.put(number, self._layout, losses, total, barren=barren)
        else:
            task = self._enabled[index]
            output, batch = self._forward(task.dataset.name, decode=task.reads_reconstruction)
            loss = self._loss_of(task, output, batch, number)
            weights = self._layout.weights[index : index + 1]
            total = weighted_sum([loss], weights)
            barren = self._descend(total, [task], weights, number)
            self.ring.put_single(number, self._layout, index, loss, total, barren=barren)
        self.step_count = number
        self.clock.steps += time.perf_counter() - began

    def _joint_losses(self, number: int) -> list[Tensor]:
        losses: list[Tensor] = [self._zero] * len(self._enabled)
        for dataset_name, members, decode in self._groups:
            output, batch = self._forward(dataset_name, decode=decode)
            for column, task in members:
                losses[column] = self._loss_of(task, output, batch, number)
        return losses

    def _forward(
        self, dataset_name: str, *, decode: bool
    ) -> tuple[dict[ModelOutput, Tensor], tuple[Tensor, ...]]:
        began = time.perf_counter()
        batch = self.feeds[dataset_name].next()
        self.clock.data += time.perf_counter() - began
        options = {"decode": decode} if self.takes_decode else {}
        stream = self.feed_streams.get(dataset_name)
        if stream is None:
            return self.model(batch[0], **options), batch
        with stream:
            return self.model(batch[0], **options), batch

    def _loss_of(
        self,
        task: Task,
        output: dict[ModelOutput, Tensor],
        batch: tuple[Tensor, ...],
        number: int,
    ) -> Tensor:
        stream = self.task_streams.get(task.name)
        if stream is None:
            return loss_of(task, output, batch, number)
        with stream:
            return loss_of(task, output, batch, number)

    def _descend(
        self, total: Tensor, tasks: list[Task], weights: tuple[float, ...], number: int
    ) -> Tensor:
        """Follow the total's gradient; return, on the device, 1 where it could not be, else 0."""
        if not any(weights):
            return self._zero  # nothing asks for a change
        if not total.requires_grad:
            names = "', '".join(task.name for task in tasks)
            raise TaskStepError(
                names, number, "the loss does not depend on the model or a head; nothing to learn"
            )
        try:
            total.backward()  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            gradient_explain(error, self, tasks, number)
            raise
        # Adam then leaves every weight as it is: one bad batch must not ruin the model, and a loss
        # may be finite where its gradient is not, such as a square root's at 0. Decided on the
        # device, where asking for the number would make the CPU wait for the GPU.
        is_finite = torch.isfinite(total.detach())
        can_be_followed = is_finite & torch.isfinite(self._gradient_norm())
        barren = (~can_be_followed).float()
        self.optimizer.found_inf = barren  # type: ignore[attr-defined]
        self._unfollowed += is_finite & ~can_be_followed
        self.optimizer.step()
        return barren

    def _gradient_norm(self) -> Tensor:
        groups = self.optimizer.param_groups
        gradients = [p.grad for group in groups for p in group["params"] if p.grad is not None]
        return torch.nn.utils.get_total_norm(gradients)

    def _arrange(self) -> None:
        """Work out once, not at every step, who shares a batch and what the columns are."""
        self._enabled = [task for task in self.tasks.values() if task.enabled]
        self._weights = [task.weight for task in self._enabled]
        self._layout = Layout(
            tuple(task.name for task in self._enabled), self.turns.factors(self._weights)
        )
        self._zero = torch.zeros((), device=self.device)
        by_dataset: dict[str, list[tuple[int, Task]]] = {}
        for column, task in enumerate(self._enabled):
            by_dataset.setdefault(task.dataset.name, []).append((column, task))
        # Decoding only where a task reads the reconstruction: the same numbers, much sooner.
        self._groups = [
            (name, members, any(task.reads_reconstruction for _, task in members))
            for name, members in by_dataset.items()
        ]


def _takes_decode(model: nn.Module) -> bool:
    return "decode" in inspect.signature(model.forward).parameters
