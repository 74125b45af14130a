"""Experiments and their tasks, as the API and the pages show them."""

from typing import Any

from django.db.models import Count

from trainer.models import Call, Experiment, Job, TaskCard
from trainer.selectors.calls import UNDER_WAY, calls_about

# As whom the first start makes its experiment.
DEMO = "demo"


def experiment_active() -> Experiment | None:
    """Return the experiment that is meant where none is named."""
    return Experiment.objects.filter(is_active=True).first()


def experiment_get(slug: str | None) -> Experiment | None:
    """Return the named experiment, or the active one where no name is given."""
    return Experiment.objects.filter(slug=slug).first() if slug else experiment_active()


def experiments_offered() -> list[Experiment]:
    """Return the experiments that are not archived, the newest first."""
    return list(Experiment.objects.filter(archived_at=None).only("pk", "slug", "name"))


def experiments_all() -> list[Experiment]:
    """Return every experiment, the archived ones last, each part the newest first."""
    rows = Experiment.objects.select_related("current_checkpoint").prefetch_related("task_cards")
    return sorted(rows.order_by("-created_at"), key=lambda row: row.archived_at is not None)


def job_counts() -> dict[int, int]:
    """Return how many jobs each experiment that has any has, by the experiment's key."""
    counted = Job.objects.order_by().values_list("experiment").annotate(count=Count("pk"))
    return dict(counted)


def experiment_as_dict(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment in the API's shape."""
    archived_at = experiment.archived_at
    return {
        "slug": experiment.slug,
        "name": experiment.name,
        "model_class": experiment.model_class,
        "active": experiment.is_active,
        "created_at": experiment.created_at.isoformat(),
        "archived_at": archived_at.isoformat() if archived_at else None,
    }


def is_demo(experiment: Experiment) -> bool:
    """Return whether the first start made the experiment, or is making it, for who is new here."""
    if experiment.jobs.filter(created_by=DEMO).exists():
        return True
    return calls_about(Call.Kind.DEMO_CREATE, UNDER_WAY).exists()


def model_as_dict(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment's model in the API's shape."""
    return {
        **experiment.model_info,
        "experiment": experiment.slug,
        "class_name": experiment.model_class,
        "config": experiment.model_config,
    }


def card_as_dict(card: TaskCard) -> dict[str, Any]:
    """Return an attached task in the API's shape."""
    return {
        "name": card.name,
        "class_name": card.class_name,
        "dataset": card.dataset.name,
        "weight": card.weight,
        "enabled": card.enabled,
        "latent_slice": list(card.latent_slice) if card.latent_slice else None,
        "params": card.params,
        "head_size": card.head_size,
        "colour": card.colour,
        "experiment": card.experiment.slug,
    }


def cards_of(experiment: Experiment) -> list[TaskCard]:
    """Return the tasks attached to an experiment, oldest first."""
    return list(experiment.task_cards.select_related("dataset", "experiment"))


def cards_enabled_count(experiment: Experiment) -> int:
    """Return how many of the attached tasks a job would train."""
    return experiment.task_cards.filter(enabled=True).count()


def card_of(experiment: Experiment, name: str) -> TaskCard | None:
    """Return the task that is attached under a name."""
    cards = experiment.task_cards.select_related("dataset", "experiment")
    return cards.filter(name=name).first()


def card_of_id(experiment: Experiment, card_id: int) -> TaskCard | None:
    """Return the attached task of a key, as pages know it: names are given again."""
    cards = experiment.task_cards.select_related("dataset", "experiment")
    return cards.filter(pk=card_id).first()
