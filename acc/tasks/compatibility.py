"""Whether a task's weight, slice and data set fit a model, and the sentence where they do not."""

from __future__ import annotations

from typing import Literal

from torch import nn

from acc.checks import is_finite_number
from acc.dataset import AccDataset
from acc.model_output import ModelOutput
from acc.tasks.errors import TaskError
from acc.tasks.model_probe import ModelFacts, probe_model

TARGETS = {"classes": "class labels", "float": "float targets", None: "no targets"}


def check_weight(weight: float) -> None:
    """Raise TaskError unless the weight is a finite number of 0 or more."""
    if not is_finite_number(weight) or weight < 0:
        raise TaskError(f"weight {weight!r} is not a finite number of 0 or more")


def check_image_shape(autoencoder: nn.Module, dataset: AccDataset) -> None:
    """Raise TaskError where the model says which images it takes, and these are others."""
    expected = getattr(autoencoder, "image_shape", None)
    images = getattr(dataset, "images", None)
    if expected is None or images is None:
        return
    actual = tuple(images.shape[1:])
    if tuple(expected) != actual:
        raise TaskError(
            f'data set "{dataset.name}" has images of {times(actual)}, '
            f"and the model takes {times(tuple(expected))}"
        )


def check_target(
    task_class: str, required: Literal["classes", "float"] | None, dataset: AccDataset
) -> None:
    """Raise TaskError where the data set lacks the kind of target that the task learns."""
    if required is None:
        return
    if dataset.target_type != required or dataset.targets is None:
        raise TaskError(
            f'{task_class} needs a data set with {TARGETS[required]}, and "{dataset.name}" '
            f"has {TARGETS.get(dataset.target_type, 'others')}"
        )


def check_outputs(
    task_class: str, facts: ModelFacts, model_class: str, *, vae: bool, decoder: bool
) -> None:
    """Raise TaskError where the model gives none of what the task reads."""
    if vae and not facts.has(ModelOutput.MU, ModelOutput.LOGVAR):
        raise TaskError(
            f"{task_class} needs a variational model, one that gives mu and logvar; "
            f"{model_class} does not"
        )
    if decoder and not facts.has(ModelOutput.RECONSTRUCTION):
        raise TaskError(f"{task_class} needs a model with a decoder; {model_class} has none")


def model_facts(autoencoder: nn.Module, dataset: AccDataset) -> ModelFacts:
    """Return what the model gives for the data set's images.

    Raises:
        TaskError: the model does not take them.
    """
    check_image_shape(autoencoder, dataset)
    try:
        return probe_model(autoencoder, dataset.images)
    except Exception as error:
        raise TaskError(
            f'the model does not take the images of data set "{dataset.name}" '
            f"({times(tuple(dataset.images.shape[1:]))}): {type(error).__name__}: {error}"
        ) from error


def latent_width(autoencoder: nn.Module, dataset: AccDataset) -> int:
    """Return how many dimensions the latent has: as the model says, or as one run shows.

    Raises:
        TaskError: the model gives no flat latent.
    """
    declared = getattr(autoencoder, "latent_dim", None)
    if isinstance(declared, int):
        return declared
    probed = model_facts(autoencoder, dataset).latent_dim
    if probed is None:
        raise TaskError(
            f"{type(autoencoder).__name__} gives no flat latent; its forward has to return "
            "ModelOutput.LATENT with the shape [batch, dimensions]"
        )
    return probed


def slice_width(latent_slice: tuple[int, int] | None, latent_dim: int) -> int:
    """Return how many dimensions the slice (None: the whole latent) reads.

    Raises:
        TaskError: it is no pair of whole numbers, is empty, or reaches beyond the latent.
    """
    if latent_slice is None:
        return latent_dim
    try:
        start, end = latent_slice
    except (TypeError, ValueError):
        start, end = -1, None
    if type(start) is not int or type(end) is not int:
        raise TaskError(f"latent_slice {latent_slice!r} is not a pair of whole numbers")
    latent = f"the latent, which has {latent_dim} dimensions (0:{latent_dim})"
    if start < 0 or end > latent_dim:
        raise TaskError(f"latent_slice {start}:{end} reaches beyond {latent}")
    if start >= end:
        raise TaskError(f"latent_slice {start}:{end} is empty; it has to lie within {latent}")
    return end - start


def times(shape: tuple[int, ...]) -> str:
    """Write a shape as people say it: 1x28x28."""
    return "x".join(str(size) for size in shape)
