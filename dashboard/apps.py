"""The Django app of the pages."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Configuration of the app."""

    name = "dashboard"
    verbose_name = "Dashboard"
