"""What the page of the experiments shows: each one's model at a glance, and what may be done."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from dashboard.latent_strip import Segment, segments_of
from dashboard.texts import literal_text
from trainer.models import Experiment
from trainer.selectors.datasets import shape_text
from trainer.selectors.experiments import experiments_all, job_counts


@dataclass(frozen=True)
class LayerRow:
    """One layer of a model."""

    name: str
    type: str
    parameter_count: int


@dataclass(frozen=True)
class ExperimentRow:
    """One experiment, with the refusal of a change and what was typed for it."""

    experiment: Experiment
    job_count: int
    has_namesake: bool
    refusal: str = ""
    typed_name: str | None = None

    @property
    def name_text(self) -> str:
        """What the field shows: the name, or what was typed and refused."""
        return self.experiment.name if self.typed_name is None else self.typed_name

    @property
    def shape_text(self) -> str:
        """The size of the images: channels, height and width."""
        return shape_text(self.experiment.model_info.get("image_shape") or [])

    @property
    def layers(self) -> list[LayerRow]:
        """The model's layers, in order."""
        told = self.experiment.model_info.get("layers") or []
        return [LayerRow(row["name"], row["type"], row["parameters"]) for row in told]

    @property
    def segments(self) -> list[Segment]:
        """The latent as it is laid out: factor groups, and what lies between them."""
        info = self.experiment.model_info
        return segments_of(info) if info.get("factor_groups") else []

    @property
    def config(self) -> list[tuple[str, str]]:
        """The model's own parameters, in words."""
        values = self.experiment.model_config.items()
        return [(str(name), literal_text(value)) for name, value in values]


@dataclass(frozen=True)
class Refused:
    """A change of one experiment that was refused, and what was typed for it."""

    pk: int
    sentence: str
    typed_name: str | None = None


def experiments_panel(
    experiment: Experiment | None, refused: Refused | None = None
) -> dict[str, Any]:
    """Return what `partials/experiments.html` needs."""
    counts = job_counts()
    rows = []
    experiments = experiments_all()
    names = Counter(row.name for row in experiments)
    for row in experiments:
        said = refused if refused and refused.pk == row.pk else None
        sentence, typed_name = (said.sentence, said.typed_name) if said else ("", None)
        count = counts.get(row.pk, 0)
        rows.append(ExperimentRow(row, count, names[row.name] > 1, sentence, typed_name))
    return {"experiment": experiment, "experiment_rows": rows}
