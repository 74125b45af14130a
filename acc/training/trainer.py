"""The training loop's one step, for any model and any set of tasks."""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from acc.model_output import ModelOutput
from acc.tasks.base import Task
from acc.training.batch_feed import BatchFeed, derived_seed
from acc.training.loss_ring import Layout, LossRing
from acc.training.schedule import Schedule, Turns

MODEL_GROUP = "model"


class TaskStepError(Exception):
    """A task's code failed at a step; the message names both. The cause is chained."""

    def __init__(self, task_name: str, step: int, reason: str) -> None:
        """Say which task failed where, and why."""
        super().__init__(f"task '{task_name}' failed at step {step}: {reason}")
        self.task_name = task_name
        self.step = step


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
        self.ring = LossRing(device)
        self.turns = Turns(config.schedule, derived_seed(config.seed, "turns"))
        self.tasks: dict[str, Task] = {}
        self.feeds: dict[str, BatchFeed] = {}
        self.optimizer = torch.optim.Adam(
            [{"params": list(model.parameters()), "lr": config.lr, "name": MODEL_GROUP}],
            fused=True,
        )
        self._skips_decoder = _takes_decode(model)
        for task in tasks:
            self.add_task(task)
        self._arrange()

    def add_task(self, task: Task) -> None:
        """Add an attached task; the others keep their optimizer state.

        Raises:
            ValueError: a task of that name is there.
        """
        if task.name in self.tasks:
            raise ValueError(f"a task named '{task.name}' is already attached")
        self.tasks[task.name] = task
        if task.dataset.name not in self.feeds:
            self.feeds[task.dataset.name] = BatchFeed(
                task.dataset.to(self.device),
                batch_size=self.config.batch_size,
                seed=self.config.seed,
            )
        if task.head is not None:
            task.head.to(self.device).train()
            trained = {p for group in self.optimizer.param_groups for p in group["params"]}
            parameters = [p for p in task.head.parameters() if p not in trained]
            if parameters:
                self.optimizer.add_param_group(
                    {"params": parameters, "lr": self.config.probe_lr, "name": head_group(task)}
                )
        self._arrange()

    def remove_task(self, name: str) -> Task:
        """Take a task out, its head's optimizer state with it; the others keep theirs.

        Raises:
            KeyError: no task has that name.
        """
        task = self.tasks.pop(name)
        shared = {
            parameter: head_group(other)
            for other in self.tasks.values()
            if other.head is not None
            for parameter in other.head.parameters()
        }
        for group in [g for g in self.optimizer.param_groups if g["name"] == head_group(task)]:
            kept = [parameter for parameter in group["params"] if parameter in shared]
            for parameter in set(group["params"]) - set(kept):
                self.optimizer.state.pop(parameter, None)
            if kept:
                group.update(params=kept, name=shared[kept[0]])
            else:
                self.optimizer.param_groups.remove(group)
        used = {other.dataset.name for other in self.tasks.values()}
        self.feeds = {key: feed for key, feed in self.feeds.items() if key in used}
        self._arrange()
        return task

    def set_weight(self, name: str, weight: float) -> float:
        """Change a task's weight from the next step on; return the old one."""
        old, self.tasks[name].weight = self.tasks[name].weight, weight
        self._arrange()
        return old

    def set_enabled(self, name: str, *, enabled: bool) -> None:
        """Let a task take part in the steps, or not; its head and its state stay."""
        self.tasks[name].enabled = enabled
        self._arrange()

    def set_lr(self, *, lr: float | None = None, probe_lr: float | None = None) -> None:
        """Change learning rates from the next step on; Adam's moments stay."""
        for group in self.optimizer.param_groups:
            chosen = lr if group["name"] == MODEL_GROUP else probe_lr
            if chosen is not None:
                group["lr"] = chosen

    def step(self) -> None:
        """Do one optimizer step and leave its losses in the ring.

        Raises:
            TaskStepError: a task's loss raised, is not a scalar tensor, or cannot be trained on.
            ValueError: no task is enabled.
        """
        if not self._enabled:
            raise ValueError("no task is enabled, so there is nothing to train")
        self.optimizer.zero_grad(set_to_none=True)
        index = self.turns.active(self.step_count, self._weights)
        number = self.step_count + 1
        if index is None:
            losses = self._joint_losses(number)
            total = _weighted_sum(losses, self._layout.weights)
            self._descend(total, number)
            self.ring.put(number, self._layout, losses, total)
        else:
            task = self._enabled[index]
            output, batch = self._forward(task.dataset.name, decode=task.reads_reconstruction)
            loss = _loss_of(task, output, batch, number)
            total = _weighted_sum([loss], self._layout.weights[index : index + 1])
            self._descend(total, number)
            self.ring.put_single(number, self._layout, index, loss, total)
        self.step_count = number

    def _joint_losses(self, number: int) -> list[Tensor]:
        losses: list[Tensor] = [self._zero] * len(self._enabled)
        for dataset_name, members, decode in self._groups:
            output, batch = self._forward(dataset_name, decode=decode)
            for column, task in members:
                losses[column] = _loss_of(task, output, batch, number)
        return losses

    def _forward(
        self, dataset_name: str, *, decode: bool
    ) -> tuple[dict[ModelOutput, Tensor], tuple[Tensor, ...]]:
        batch = self.feeds[dataset_name].next()
        if self._skips_decoder:
            return self.model(batch[0], decode=decode), batch
        return self.model(batch[0]), batch

    def _descend(self, total: Tensor, number: int) -> None:
        if not total.requires_grad:
            names = ", ".join(f"'{task.name}'" for task in self._enabled)
            raise TaskStepError(
                names, number, "the loss does not depend on the model or a head; nothing to learn"
            )
        total.backward()  # type: ignore[no-untyped-call]
        # Adam then leaves every weight as it is: one bad batch must not ruin the model. Decided on
        # the device, where asking for the number would make the CPU wait for the GPU.
        self.optimizer.found_inf = (~torch.isfinite(total.detach())).float()  # type: ignore[attr-defined]
        self.optimizer.step()

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


def head_group(task: Task) -> str:
    """Return the name of the optimizer group that holds a task's head."""
    return f"head:{task.name}"


def _takes_decode(model: nn.Module) -> bool:
    return "decode" in inspect.signature(model.forward).parameters


def _loss_of(
    task: Task, output: dict[ModelOutput, Tensor], batch: tuple[Tensor, ...], number: int
) -> Tensor:
    try:
        loss = task.compute_loss(output, batch)
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise TaskStepError(task.name, number, reason) from error
    if not isinstance(loss, Tensor):
        raise TaskStepError(
            task.name, number, f"compute_loss returned {type(loss).__name__}, not a tensor"
        )
    if loss.dim():
        if loss.numel() != 1:
            raise TaskStepError(
                task.name, number, f"compute_loss returned shape {list(loss.shape)}, not a scalar"
            )
        loss = loss.reshape(())
    return loss


def _weighted_sum(losses: list[Tensor], weights: tuple[float, ...]) -> Tensor:
    total = losses[0] * weights[0]
    for loss, weight in zip(losses[1:], weights[1:], strict=True):
        total = total + loss * weight
    return total
