"""`manage.py sharefiles`: puts what one machine has where all machines find it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from trainer.models import Checkpoint, Dataset
from trainer.services.artifacts import (
    CHECKPOINTS,
    DATASETS,
    artifact_path,
    artifacts_are_shared,
    checkpoint_file_names,
    dataset_file_name,
)


class Command(BaseCommand):
    """Store this ACC_HOME's checkpoints and datasets, once files are shared."""

    help = "Puts the checkpoints and datasets of this ACC_HOME into the storage of all machines."

    def handle(self, *args: Any, **options: Any) -> None:
        """Store what rows name, this machine has and the storage lacks."""
        from trainer.worker.artifacts import artifact_publish

        if not artifacts_are_shared():
            raise CommandError("files stay on this machine; set ACC_STORAGE=database to share them")
        named = [(CHECKPOINTS, name) for name in _checkpoint_files()]
        named += [
            (DATASETS, dataset_file_name(content_hash))
            for content_hash in Dataset.objects.values_list("content_hash", flat=True).distinct()
        ]
        here = [(room, name) for room, name in named if artifact_path(room, name).is_file()]
        for room, name in here:
            artifact_publish(room, name)
        self.stdout.write(f"{len(here)} files of this machine are where all machines find them.")


def _checkpoint_files() -> list[str]:
    names = Checkpoint.objects.values_list("file_name", flat=True).distinct()
    return [name for file_name in names for name in checkpoint_file_names(file_name)]
