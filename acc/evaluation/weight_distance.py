"""How far two states of a model are apart, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PartDistance:
    """The distance of one part's weights.

    Attributes:
        relative: ||a - b|| / ||a||, both norms over all of the part's weights as one vector; None
            where the part is not in both states with the same shapes.
        weight_count: how many weights the part has in the first state, else in the second.
    """

    name: str
    relative: float | None
    weight_count: int


def weight_distances(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> list[PartDistance]:
    """Return the relative L2 distance of each part of two states, in the order of the first.

    A part is what stands in front of the first dot of a tensor's name: "encoder" of
    "encoder.0.weight". Counters and other whole numbers are no weights.
    """
    parts: dict[str, None] = {}
    for name, tensor in (*one.items(), *other.items()):
        if tensor.is_floating_point():
            parts.setdefault(_part(name))
    return [_distance(part, one, other) for part in parts]


def _part(name: str) -> str:
    return name.partition(".")[0]


def _distance(part: str, one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> PartDistance:
    ours, theirs = _of(part, one), _of(part, other)
    count = sum(tensor.numel() for tensor in (ours or theirs).values())
    shapes = [{name: tensor.shape for name, tensor in each.items()} for each in (ours, theirs)]
    if shapes[0] != shapes[1]:
        return PartDistance(part, None, count)
    apart = _norm([ours[name].double() - theirs[name].double() for name in ours])
    size = _norm([tensor.double() for tensor in ours.values()])
    if size == 0:
        return PartDistance(part, 0.0 if apart == 0 else None, count)
    return PartDistance(part, apart / size, count)


def _of(part: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name: tensor
        for name, tensor in state.items()
        if _part(name) == part and tensor.is_floating_point()
    }


def _norm(tensors: list[Tensor]) -> float:
    return float(torch.stack([tensor.square().sum() for tensor in tensors]).sum().sqrt())
