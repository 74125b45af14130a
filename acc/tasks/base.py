"""Task: one loss on one data set, its head, and how it is measured. Own tasks subclass it."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import torch
from torch import Tensor, nn

from acc.dataset import AccDataset
from acc.model_output import ModelOutput
from acc.tasks.compatibility import (
    check_image_shape,
    check_outputs,
    check_target,
    check_weight,
    latent_width,
    model_facts,
    slice_width,
)
from acc.tasks.errors import TaskError
from acc.tasks.model_probe import device_of

__all__ = ["STANDARD_PARAMETERS", "LossBounds", "Metric", "Task", "TaskError"]

# What every task's constructor takes, in this order; a subclass may add keywords after them.
STANDARD_PARAMETERS = ("name", "dataset", "weight", "latent_slice")


@dataclass(frozen=True)
class Metric:
    """A number that an evaluation gives, and where it turns good and poor.

    With good > poor a higher value is better, otherwise a lower one.
    """

    name: str
    good: float
    poor: float
    unit: str = ""


@dataclass(frozen=True)
class LossBounds:
    """Below `healthy` a loss is healthy, above `critical` critical, between them a warning."""

    healthy: float
    critical: float


class Task(ABC):
    """A loss that shapes a shared autoencoder, with an optional head on its latent.

    A subclass writes `check_compatible`, `_build_head`, `compute_loss` and `evaluate`;
    everything else has a default.
    """

    requires_target: ClassVar[Literal["classes", "float"] | None] = None
    requires_vae: ClassVar[bool] = False
    requires_decoder: ClassVar[bool] = False
    # False promises that the loss works without RECONSTRUCTION: nothing is decoded for it.
    reads_reconstruction: ClassVar[bool] = True
    metrics: ClassVar[tuple[Metric, ...]] = ()
    # Not a ClassVar: a parameter that changes the loss's unit may change its bounds.
    loss_bounds: LossBounds | None = None

    name: str
    dataset: AccDataset
    weight: float = 1.0
    latent_slice: tuple[int, int] | None = None
    enabled: bool = True
    head: nn.Module | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Keep the standard arguments, so that a subclass need not call super().__init__."""
        task = super().__new__(cls)
        given = dict(zip(STANDARD_PARAMETERS, args, strict=False)) | kwargs
        vars(task).update({key: given[key] for key in STANDARD_PARAMETERS if key in given})
        return task

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let help() show the constructor's own parameters in place of __new__'s."""
        super().__init_subclass__(**kwargs)
        _self, *parameters = inspect.signature(cls.__init__).parameters.values()
        cls.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]

    def __init__(
        self,
        name: str,
        dataset: AccDataset,
        weight: float = 1.0,
        latent_slice: tuple[int, int] | None = None,
    ) -> None:
        self.name = name
        self.dataset = dataset
        self.weight = weight
        self.latent_slice = latent_slice

    def attach(self, autoencoder: nn.Module) -> None:
        """Check that the task fits the model, then build its head on the model's device.

        Raises:
            TaskError: it does not fit; the task is left as it was.
        """
        check_weight(self.weight)
        check_image_shape(autoencoder, self.dataset)
        width = slice_width(self.latent_slice, latent_width(autoencoder, self.dataset))
        self._check_requirements(autoencoder, self.dataset)
        self.check_compatible(autoencoder, self.dataset)
        self.head = self._checked_head(width, device_of(autoencoder))

    @abstractmethod
    def check_compatible(self, autoencoder: nn.Module, dataset: AccDataset) -> None:
        """Raise TaskError, in the operator's words, where model and data set do not fit."""

    @abstractmethod
    def _build_head(self, latent_dim: int) -> nn.Module | None:
        """Return the trainable head on a latent (or slice of it) this wide, or None."""

    @abstractmethod
    def compute_loss(
        self, model_output: Mapping[ModelOutput, Tensor], batch: Sequence[Tensor]
    ) -> Tensor:
        """Return the loss of one batch (images, or images and targets), a scalar, unweighted."""

    @abstractmethod
    def evaluate(self, autoencoder: nn.Module, device: torch.device | str) -> dict[str, float]:
        """Measure on the data set's evaluation split; model and random state stay as they were."""

    def _get_latent(self, model_output: Mapping[ModelOutput, Tensor]) -> Tensor:
        """Return the latent, or the task's slice of it, [B, D]."""
        return self._sliced(model_output[ModelOutput.LATENT])

    def checkpoint_state(self) -> dict[str, float | int | str]:
        """Return what a checkpoint has to keep beside the head: counters, as JSON values."""
        older = self._older_methods()
        return older[0](self) if older else {}

    def load_checkpoint_state(self, state: Mapping[str, float | int | str]) -> None:
        """Take back what `checkpoint_state` returned."""
        older = self._older_methods()
        if older:
            older[1](self, state)

    @classmethod
    def _older_methods(cls) -> tuple[Any, Any] | None:
        """Return both where a class has them by their older names: a job runs its stored text."""
        older = getattr(cls, "state", None), getattr(cls, "load_state", None)
        return older if all(inspect.isfunction(method) for method in older) else None

    def _sliced(self, values_BD: Tensor) -> Tensor:
        if self.latent_slice is None:
            return values_BD
        start, end = self.latent_slice
        return values_BD[:, start:end]

    def _check_requirements(self, autoencoder: nn.Module, dataset: AccDataset) -> None:
        """Raise TaskError where what the class declares to require is not there."""
        name = type(self).__name__
        check_target(name, self.requires_target, dataset)
        if self.requires_vae or self.requires_decoder:
            check_outputs(
                name,
                model_facts(autoencoder, dataset),
                type(autoencoder).__name__,
                vae=self.requires_vae,
                decoder=self.requires_decoder,
            )

    def _checked_head(self, width: int, device: torch.device) -> nn.Module | None:
        name = type(self).__name__
        try:
            head = self._build_head(width)
        except TaskError:
            raise
        except Exception as error:
            raise TaskError(
                f"{name} could not build its head for a latent of {width} dimensions: "
                f"{type(error).__name__}: {error}"
            ) from error
        if head is not None and not isinstance(head, nn.Module):
            raise TaskError(
                f"{name}._build_head returned {type(head).__name__}; "
                "it has to return an nn.Module or None"
            )
        return None if head is None else head.to(device)
