"""What the page of the data needs: every dataset, what is in it, where from, what uses it."""

from dataclasses import dataclass
from typing import Any

from dashboard.histogram import Histogram, histograms_of
from trainer.models import Dataset
from trainer.selectors.datasets import (
    DatasetUse,
    class_names,
    dataset_uses,
    datasets_all,
    shape_text,
)
from trainer.selectors.nodes import trainer_is_online

ORIGIN_WORDS = {
    Dataset.Kind.BUILTIN: "built-in",
    Dataset.Kind.GENERATED: "generated",
    Dataset.Kind.FOLDER: "from a folder",
    Dataset.Kind.NPZ: "from a .npz file",
}


@dataclass(frozen=True)
class ImageRow:
    """Images of one class, or of a range of target values; the names are those of files."""

    label: str
    files: list[str]


@dataclass(frozen=True)
class Origin:
    """Where a dataset comes from.

    Attributes:
        params: what a generator was given, with its seed; or the folder or file.
        sha256: the version of the generator's text.
    """

    words: str
    params: list[tuple[str, str]]
    class_name: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class DatasetRow:
    """One dataset as the page shows it."""

    dataset: Dataset
    origin: Origin
    histograms: list[Histogram]
    groups: list[ImageRow]
    uses: list[DatasetUse]

    @property
    def shape_text(self) -> str:
        """Channels, height and width."""
        return shape_text(self.dataset.image_shape)

    @property
    def target_text(self) -> str:
        """What its targets are."""
        if self.dataset.target_type == "classes":
            return f"{self.dataset.num_classes or 0:,} classes"
        return "numbers" if self.dataset.target_type == "float" else "none"

    @property
    def is_seen(self) -> bool:
        """Whether the trainer side has looked at it."""
        return bool(self.dataset.survey)

    @property
    def duplicates_verdict(self) -> str:
        """Return "poor" where held-out images are trained on."""
        return "poor" if self.dataset.duplicate_count else ""

    @property
    def is_imported(self) -> bool:
        """Whether its data would be lost with it."""
        return self.dataset.kind in Dataset.IMPORTED


def data_panel() -> dict[str, Any]:
    """Return what `partials/data.html` needs."""
    datasets = datasets_all()
    uses = dataset_uses(datasets)
    return {
        "dataset_rows": [_row(dataset, uses[dataset.pk]) for dataset in datasets],
        "trainer_online": trainer_is_online(),
    }


def _row(dataset: Dataset, uses: list[DatasetUse]) -> DatasetRow:
    names = class_names(dataset)
    groups = [
        ImageRow(_named(group["label"], names), group["files"])
        for group in dataset.survey.get("groups", [])
    ]
    histograms = histograms_of(dataset.survey.get("distribution"), names)
    return DatasetRow(dataset, _origin(dataset), histograms, groups, uses)


def _named(label: str, names: list[str]) -> str:
    return names[int(label)] if label.isdigit() and int(label) < len(names) else label


def _origin(dataset: Dataset) -> Origin:
    spec = dataset.spec
    words = ORIGIN_WORDS[Dataset.Kind(dataset.kind)]
    if "generator" in spec:
        params = {"seed": spec["seed"], **spec["params"]}
        pairs = [(name, str(value)) for name, value in params.items()]
        return Origin(words, pairs, spec["generator"], spec["source"]["sha256"])
    shown = ("builtin", "image_size", "path", "file")
    pairs = [(name, str(spec[name])) for name in shown if name in spec]
    if spec.get("empty_folders"):
        pairs.append(("empty folders left out", ", ".join(spec["empty_folders"])))
    if spec.get("skipped"):
        pairs.append(("files left out", f"{len(spec['skipped']):,}"))
    return Origin(words, pairs)
