"""What the page of the data shows of a dataset, found once and kept in its row."""

from typing import Any

from acc.dataset import AccDataset
from acc.datasets.survey import duplicate_count, image_groups, target_distribution
from trainer.models import Dataset
from trainer.selectors.datasets import dataset_as_dict
from trainer.selectors.reconstructions import SAMPLE_ROOM
from trainer.services.datasets import dataset_survey_store
from trainer.services.picture_files import picture_keep
from trainer.worker.build import dataset_build
from trainer.worker.png import png_bytes


def survey_facts(dataset: AccDataset) -> dict[str, Any]:
    """Return the columns of a dataset's row that tell what is in it; its images become files."""
    groups = [
        {
            "label": group.label,
            "files": [
                picture_keep(png_bytes(image), room=SAMPLE_ROOM)
                for image in dataset.batch(group.indices_B)[0].cpu()
            ],
        }
        for group in image_groups(dataset)
    ]
    return {
        "duplicate_count": duplicate_count(dataset),
        "survey": {"distribution": target_distribution(dataset), "groups": groups},
    }


def dataset_survey(payload: dict[str, Any]) -> dict[str, Any]:
    """Look at a dataset that was registered before its row had a place for it."""
    row = Dataset.objects.get(name=payload["name"])
    dataset_survey_store(dataset=row, facts=survey_facts(dataset_build(row.name, row.spec)))
    return dataset_as_dict(Dataset.objects.get(pk=row.pk))
