"""The complete state of a training, as named tensors and plain data."""

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from acc.training.trainer import MODEL_GROUP, Trainer, head_group


class StateMismatchError(Exception):
    """A state does not fit the trainer it is meant for; the message says where."""


@dataclass
class TrainingState:
    """All that the next step depends on.

    Attributes:
        tensors: weights, optimizer moments, generator states, on the CPU; named
            `model/...`, `head:<task>/...`, `optimizer/<group>/...`, `feed/<dataset>`, `rng/...`.
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
    state.tensors.update(_rng_tensors())
    state.meta = {
        "step": trainer.step_count,
        "positions": positions,
        "lrs": {group["name"]: group["lr"] for group in trainer.optimizer.param_groups},
        "tasks": {
            task.name: {"weight": task.weight, "enabled": task.enabled, "state": task.state()}
            for task in trainer.tasks.values()
        },
        "python_rng": random.getstate(),
        "numpy_rng": _numpy_rng_meta(),
    }
    return state


def restore(trainer: Trainer, state: TrainingState) -> None:
    """Bring a trainer with the same model and tasks to a captured state, exactly.

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
    for name, saved in state.meta["tasks"].items():
        trainer.set_weight(name, saved["weight"])
        trainer.set_enabled(name, enabled=saved["enabled"])
        trainer.tasks[name].load_state(saved["state"])
    trainer.step_count = state.meta["step"]
    trainer.turns.generator.set_state(state.tensors["rng/turns"])
    _load_rng(state)


def adopt(trainer: Trainer, state: TrainingState) -> None:
    """Go on from an earlier job's state: its weights and moments, nothing of its schedule.

    The model must be the same; a task's head is taken over where the state has one of the same
    name and shape, and stays new otherwise.

    Raises:
        StateMismatchError: the state is of another model.
    """
    _check_module("model", trainer.model, state)
    parameters = {}
    for name, module in _modules(trainer).items():
        if name == "model" or _fits(name, module, state):
            module.load_state_dict(_below(state.tensors, f"{name}/"))
            parameters.update(
                {key: value for key, value in _parameters(trainer).items() if _of(key, name)}
            )
    _load_optimizer(trainer, state, parameters)
    for name, task in trainer.tasks.items():
        if name in state.meta["tasks"]:
            task.load_state(state.meta["tasks"][name]["state"])


def _modules(trainer: Trainer) -> dict[str, nn.Module]:
    heads = {
        head_group(task): task.head for task in trainer.tasks.values() if task.head is not None
    }
    return {"model": trainer.model, **heads}


def _parameters(trainer: Trainer) -> dict[str, nn.Parameter]:
    """Return every trained parameter by the name of its optimizer group and its own."""
    named = {f"{MODEL_GROUP}/{name}": p for name, p in trainer.model.named_parameters()}
    for task in trainer.tasks.values():
        if task.head is not None:
            named.update(
                {f"{head_group(task)}/{name}": p for name, p in task.head.named_parameters()}
            )
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
    theirs, ours = set(state.meta["tasks"]), set(trainer.tasks)
    if theirs != ours:
        raise StateMismatchError(
            f"the state was taken with the tasks {sorted(theirs)}, but {sorted(ours)} are attached"
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


def _rng_tensors() -> dict[str, Tensor]:
    tensors = {"rng/cpu": torch.get_rng_state()}
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        for index, cuda_state in enumerate(torch.cuda.get_rng_state_all()):
            tensors[f"rng/cuda/{index}"] = cuda_state
    _, keys, *_ = np.random.get_state(legacy=True)  # noqa: NPY002  user tasks may draw from it
    tensors["rng/numpy"] = torch.from_numpy(np.asarray(keys).astype(np.int64))
    return tensors


def _numpy_rng_meta() -> list[Any]:
    name, _, position, has_gauss, cached = np.random.get_state(legacy=True)  # noqa: NPY002
    return [name, int(position), int(has_gauss), float(cached)]


def _load_rng(state: TrainingState) -> None:
    torch.set_rng_state(state.tensors["rng/cpu"])
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        for key, cuda_state in _below(state.tensors, "rng/cuda/").items():
            if int(key) < torch.cuda.device_count():
                torch.cuda.set_rng_state(cuda_state, int(key))
    version, internal, gauss = state.meta["python_rng"]
    random.setstate((version, tuple(internal), gauss))
    name, position, has_gauss, cached = state.meta["numpy_rng"]
    keys = state.tensors["rng/numpy"].numpy().astype(np.uint32)
    np.random.set_state((name, keys, position, has_gauss, cached))  # noqa: NPY002
