"""Attaching a task: the web side says what is wanted, the trainer side says whether it fits."""

from typing import Any

from trainer.models import Dataset, Experiment, Registry
from trainer.services.calls import call_ask
from trainer.services.cards import card_name_default, latent_slice_parse
from trainer.services.experiments import CardRefused
from trainer.services.sources import sources_of


def task_attach(
    *,
    experiment: Experiment,
    class_name: str,
    dataset: Dataset,
    name: str | None = None,
    weight: float = 1.0,
    latent_slice: str | None = None,
    params: dict[str, Any] | None = None,
    by: str = "",
) -> dict[str, Any]:
    """Attach a task to an experiment's model, if it fits; return it in the API's shape.

    Without a name, one is made of the class and the dataset. A job in progress goes on without
    the task; the next one trains it.

    Raises:
        CardRefused: the latent slice is none, or lies outside the model's latent.
        ClassMissing: the task's class, or the model's, is not on offer.
        CallRefused: it does not fit; in the words of the code that refused.
        TrainerOffline: nobody is there who could tell.
    """
    sources = sources_of(
        [(Registry.TASKS, class_name), (Registry.MODELS, experiment.model_class)],
    )
    chosen = latent_slice_within(experiment, latent_slice)
    payload = {
        "experiment": experiment.slug,
        "name": name
        or card_name_default(
            experiment=experiment, class_name=class_name, dataset_name=dataset.name
        ),
        "class_name": class_name,
        "dataset": dataset.name,
        "weight": weight,
        "latent_slice": list(chosen) if chosen else None,
        "params": params or {},
        "sources": sources,
    }
    card: dict[str, Any] = call_ask(kind="task_add", payload=payload, by=by)
    return card


def latent_slice_within(experiment: Experiment, text: str | None) -> tuple[int, int] | None:
    """Return the two ends of a slice such as "0:8" of the model's latent; None for the whole.

    Raises:
        CardRefused: the text is something else, or the slice reaches beyond the latent.
    """
    if text is None:
        return None
    start, end = latent_slice_parse(text)
    latent_dim = experiment.model_info.get("latent_dim")
    if isinstance(latent_dim, int) and end > latent_dim:
        raise CardRefused(
            f"latent_slice {start}:{end} reaches beyond the latent, "
            f"which has {latent_dim} dimensions (0:{latent_dim})"
        )
    return start, end
