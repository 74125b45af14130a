"""Which of an optimizer's parameters are a task's head: each head is a group of its own."""

import torch

from acc.tasks.base import Task

MODEL_GROUP = "model"


def head_group(task: Task) -> str:
    """Return the name of the optimizer group that holds a task's head."""
    return f"head:{task.name}"


def head_train(optimizer: torch.optim.Optimizer, task: Task, *, lr: float) -> None:
    """Give the optimizer those of a head's parameters that it does not have already."""
    if task.head is None:
        return
    trained = {p for group in optimizer.param_groups for p in group["params"]}
    parameters = [p for p in task.head.parameters() if p not in trained]
    if parameters:
        optimizer.add_param_group({"params": parameters, "lr": lr, "name": head_group(task)})


def head_forget(optimizer: torch.optim.Optimizer, task: Task, others: list[Task]) -> None:
    """Take a head's parameters from the optimizer, but for those that another head shares."""
    shared = {
        parameter: head_group(other)
        for other in others
        if other.head is not None
        for parameter in other.head.parameters()
    }
    groups = []
    for group in optimizer.param_groups:
        if group["name"] == head_group(task):
            kept = [parameter for parameter in group["params"] if parameter in shared]
            for parameter in set(group["params"]) - set(kept):
                optimizer.state.pop(parameter, None)
            if not kept:
                continue
            group.update(params=kept, name=shared[kept[0]])
        groups.append(group)
    optimizer.param_groups[:] = groups
