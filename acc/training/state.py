"""The complete state of a training, as named tensors and plain data."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from acc.tasks.base import Task
from acc.training.heads import MODEL_GROUP, head_group
from acc.training.randomness import RandomStream, rng_load, rng_state
from acc.training.trainer import Trainer

logger = logging.getLogger("acc.training")


class StateMismatchError(Exception):
    """A state does not fit the trainer it is meant for; the message says where."""


@dataclass
class TrainingState:
    """All that the next step depends on.

    Attributes:
        tensors: weights, optimizer moments, generator states, on the CPU; named
            `model/...`, `head:<task>/...`, `optimizer/<group>/...`, `feed/<dataset>`,
            `stream/task|feed/<name>/...`, `rng/...`.
            No task's name holds a slash, so none begins with another's.
        meta: plain data for JSON: step, hyperparameters, positions.
    """

    tensors: dict[str, Tensor] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)


def capture(trainer: Trainer) -> TrainingState:
    """Return a copy of a trainer's state; the loop may go on while the copy is written."""
    state = TrainingState()
    for name, module in _modules(trainer).items():
        for key, tensor in module.state_dict().items():
            state.tensors[f"{name}/{key}"] = _copy(tensor)
    for name, parameter in _parameters(trainer).items():
        for key, tensor in trainer.optimizer.state.get(parameter, {}).items():
            state.tensors[f"optimizer/{name}/{key}"] = _copy(tensor)
    positions = {}
    for name, feed in trainer.feeds.items():
        state.tensors[f"feed/{name}"], positions[name] = feed.state()
    state.tensors["rng/turns"] = trainer.turns.generator.get_state()
    for name, stream in _streams(trainer).items():
        for index, tensor in enumerate(stream.state()):
            state.tensors[f"{name}/{index}"] = tensor
    rng_tensors, rng_meta = rng_state()
    state.tensors |= {f"rng/{name}": tensor for name, tensor in rng_tensors.items()}
    state.meta = {
        "step": trainer.step_count,
        "positions": positions,
        "lrs": {group["name"]: group["lr"] for group in trainer.optimizer.param_groups},
        "probe_lr": trainer.probe_lr,
        "tasks": {name: _task_meta(task) for name, task in trainer.tasks.items()},
        "aside": {name: _task_meta(task) for name, task in trainer.aside.items()},
        **rng_meta,
    }
    return state


def restore(trainer: Trainer, state: TrainingState) -> None:
    """Bring a trainer with the same model and tasks, aside or not, to a captured state, exactly.

    All or nothing: everything is compared before anything is changed.

    Raises:
        StateMismatchError: the state is of another model or other tasks.
    """
    _check_fits(trainer, state)
    for name, module in _modules(trainer).items():
        module.load_state_dict(_below(state.tensors, f"{name}/"))
    _load_optimizer(trainer, state, _parameters(trainer))
    for name, feed in trainer.feeds.items():
        feed.load_state(state.tensors[f"feed/{name}"], state.meta["positions"][name])
    for group in trainer.optimizer.param_groups:
        group["lr"] = state.meta["lrs"][group["name"]]
    trainer.probe_lr = state.meta.get("probe_lr", trainer.probe_lr)
    for name, saved in state.meta["tasks"].items():
        trainer.set_weight(name, saved["weight"])
        trainer.set_enabled(name, enabled=saved["enabled"])
        trainer.tasks[name].load_checkpoint_state(saved["state"])
    for name, saved in _aside(state).items():
        task = trainer.aside[name]
        task.weight, task.enabled = saved["weight"], saved["enabled"]
        task.load_checkpoint_state(saved["state"])
    # A dataset that was there before the task that now brings it draws as it did then.
    trainer.feed_streams = {
        name: stream
        for name, stream in trainer.feed_streams.items()
        if f"stream/feed/{name}/0" in state.tensors
    }
    for name, stream in _streams(trainer).items():
        saved_states = _below(state.tensors, f"{name}/")
        stream.load_state([saved_states[key] for key in sorted(saved_states)])
    trainer.step_count = state.meta["step"]
    trainer.turns.generator.set_state(state.tensors["rng/turns"])
    rng_load(_below(state.tensors, "rng/"), state.meta)


def adopt(trainer: Trainer, state: TrainingState) -> None:
    """Go on from an earlier job's state: its weights and moments, nothing of its schedule.

    The model must be the same; a task's head is taken over where the state has a task of the same
    name and class with a head of the same shape, and stays new otherwise. What was set aside is no
    more.

    Raises:
        StateMismatchError: the state is of another model.
    """
    taken = adopt_weights(trainer.model, trainer.tasks.values(), state)
    parameters = {
        key: value
        for key, value in _parameters(trainer).items()
        if any(_of(key, name) for name in taken)
    }
    _load_optimizer(trainer, state, parameters)


def adopt_weights(model: nn.Module, tasks: Iterable[Task], state: TrainingState) -> list[str]:
    """Take over a state's weights and its tasks' counters, without anything that trains them.

    A task whose own code does not take its counters back stays new.

    Returns:
        The modules that were taken over: "model", and "head:<task>" of each head that fits.

    Raises:
        StateMismatchError: the state is of another model.
    """
    _check_module("model", model, state)
    model.load_state_dict(_below(state.tensors, "model/"))
    taken = ["model"]
    for task in tasks:
        saved = state.meta["tasks"].get(task.name)
        # Not said in states from before it was noted.
        if saved is None or saved.get("class_name", type(task).__name__) != type(task).__name__:
            continue
        try:
            task.load_checkpoint_state(saved["state"])
        except Exception as error:  # noqa: BLE001  a person's code runs here
            logger.warning(
                "task '%s' begins anew: it did not take back the state of the task of its name: "
                "%s: %s",
                task.name,
                type(error).__name__,
                error,
            )
            continue
        name = head_group(task)
        if task.head is not None and _fits(name, task.head, state):
            task.head.load_state_dict(_below(state.tensors, f"{name}/"))
            taken.append(name)
    return taken


def _task_meta(task: Task) -> dict[str, Any]:
    return {
        "class_name": type(task).__name__,
        "weight": task.weight,
        "enabled": task.enabled,
        "state": task.checkpoint_state(),
    }


def _aside(state: TrainingState) -> dict[str, Any]:
    # Not there in states from before tasks could be set aside.
    aside: dict[str, Any] = state.meta.get("aside", {})
    return aside


def _heads(trainer: Trainer) -> dict[str, nn.Module]:
    """Return every head, of tasks that are set aside too, by its optimizer group's name."""
    tasks = [*trainer.tasks.values(), *trainer.aside.values()]
    return {head_group(task): task.head for task in tasks if task.head is not None}


def _modules(trainer: Trainer) -> dict[str, nn.Module]:
    return {"model": trainer.model, **_heads(trainer)}


def _streams(trainer: Trainer) -> dict[str, RandomStream]:
    of_tasks = {f"stream/task/{name}": own for name, own in trainer.task_streams.items()}
    return of_tasks | {f"stream/feed/{name}": own for name, own in trainer.feed_streams.items()}


def _parameters(trainer: Trainer) -> dict[str, nn.Parameter]:
    """Return every trained parameter by the name of its optimizer group and its own."""
    named = {f"{MODEL_GROUP}/{name}": p for name, p in trainer.model.named_parameters()}
    for group, head in _heads(trainer).items():
        named.update({f"{group}/{name}": p for name, p in head.named_parameters()})
    return named


def _of(parameter_name: str, module_name: str) -> bool:
    return parameter_name.startswith(f"{module_name}/")


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True).contiguous()


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}


def _load_optimizer(
    trainer: Trainer, state: TrainingState, parameters: dict[str, nn.Parameter]
) -> None:
    for name, parameter in parameters.items():
        saved = _below(state.tensors, f"optimizer/{name}/")
        if saved:
            trainer.optimizer.state[parameter] = {
                key: value.to(parameter.device, copy=True) for key, value in saved.items()
            }


def _check_fits(trainer: Trainer, state: TrainingState) -> None:
    for saved, here, what in (
        (state.meta["tasks"], trainer.tasks, "attached"),
        (_aside(state), trainer.aside, "set aside"),
    ):
        if set(saved) != set(here):
            raise StateMismatchError(
                f"the state was taken with the tasks {sorted(saved)} {what}, "
                f"but {sorted(here)} are {what}"
            )
    for name, module in _modules(trainer).items():
        _check_module(name, module, state)
    missing = [name for name in trainer.feeds if f"feed/{name}" not in state.tensors]
    if missing:
        raise StateMismatchError(f"the state knows nothing of the datasets {missing}")


def _check_module(name: str, module: nn.Module, state: TrainingState) -> None:
    ours = {key: list(tensor.shape) for key, tensor in module.state_dict().items()}
    theirs = {key: list(t.shape) for key, t in _below(state.tensors, f"{name}/").items()}
    if ours != theirs:
        odd = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
        raise StateMismatchError(
            f"the state's {name} differs from this one in {len(odd)} tensors, first in '{odd[0]}'"
        )


def _fits(name: str, module: nn.Module, state: TrainingState) -> bool:
    try:
        _check_module(name, module, state)
    except StateMismatchError:
        return False
    return True
