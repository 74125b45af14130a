"""The Django app that is the system of record, with the workers that train."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TrainerConfig(AppConfig):
    """Configuration of the app."""

    name = "trainer"
    verbose_name = "Trainer"

    def ready(self) -> None:
        """Have the groups made once the tables and the permissions are there."""
        from trainer.services.roles import groups_ensure  # needs the models

        post_migrate.connect(groups_ensure, sender=self)
