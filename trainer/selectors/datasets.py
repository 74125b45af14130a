"""Datasets as the API and the pages show them, what uses them, and their pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trainer.models import Dataset, Experiment, Job, JobCommand, TaskCard


@dataclass(frozen=True)
class DatasetUse:
    """What keeps a dataset from being deleted: an experiment's tasks, and its jobs in progress.

    Attributes:
        users: the names of the tasks, then the jobs, as they stand in a sentence.
    """

    experiment: Experiment
    users: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The experiment and what of it, to stand in a sentence."""
        return f"experiment '{self.experiment.name}' ({', '.join(self.users)})"


def dataset_get(name: str) -> Dataset | None:
    """Return the dataset of a name."""
    return Dataset.objects.filter(name=name).first()


def datasets_all() -> list[Dataset]:
    """Return the datasets on offer, by name."""
    return list(Dataset.objects.order_by("name"))


def dataset_as_dict(dataset: Dataset) -> dict[str, Any]:
    """Return a dataset in the API's shape."""
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "size": dataset.size,
        "image_shape": dataset.image_shape,
        "target_type": dataset.target_type,
        "num_classes": dataset.num_classes,
        "train_size": dataset.train_size,
        "eval_size": dataset.eval_size,
        "content_hash": dataset.content_hash,
        "duplicate_count": dataset.duplicate_count,
        "empty_folders": dataset.spec.get("empty_folders", []),
    }


def shape_text(shape: Iterable[int]) -> str:
    """Return the size of images as a person reads it: channels, height and width."""
    return " \N{MULTIPLICATION SIGN} ".join(map(str, shape))


def dataset_uses(datasets: Sequence[Dataset]) -> dict[int, list[DatasetUse]]:
    """Return what uses each dataset, by its key: one entry an experiment, tasks before jobs."""
    uses: dict[int, dict[int, DatasetUse]] = {dataset.pk: {} for dataset in datasets}

    def note(dataset_id: int, experiment: Experiment, user: str) -> None:
        use = uses[dataset_id].setdefault(experiment.pk, DatasetUse(experiment))
        use.users.append(user)

    names = {dataset.name: dataset.pk for dataset in datasets}
    cards = TaskCard.objects.filter(dataset__in=uses).select_related("experiment")
    for card in cards:
        note(card.dataset_id, card.experiment, card.name)
    for job in Job.objects.filter(state__in=Job.ACTIVE).select_related("experiment"):
        for name in _trained_on(job) & names.keys():
            note(names[name], job.experiment, f"job {job.pk}")
    return {dataset_id: list(found.values()) for dataset_id, found in uses.items()}


def _trained_on(job: Job) -> set[str]:
    """Return the names of the datasets that a job began with, and of those that came later."""
    added = JobCommand.objects.filter(job=job, kind="add_task").values_list("payload", flat=True)
    return {*job.plan.get("datasets", ()), *(payload["plan"]["dataset"] for payload in added)}


def dataset_pictures(datasets: Iterable[Dataset]) -> set[str]:
    """Return the files of the images that datasets are shown by."""
    return {
        name
        for dataset in datasets
        for group in dataset.survey.get("groups", [])
        for name in group["files"]
    }


def class_names(dataset: Dataset) -> list[str]:
    """Return what the classes are called, in the order of their labels; [] where nobody said."""
    names: Any = dataset.spec.get("class_names")
    return list(names) if names else []
