"""The Django app that is the system of record, with the workers that train."""

from django.apps import AppConfig


class TrainerConfig(AppConfig):
    """Configuration of the app."""

    name = "trainer"
    verbose_name = "Trainer"
