"""Admin pages that show and never change: a job or a card has rules that a bare form breaks."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

NOTHING = "\N{EN DASH}"


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold carries no types
    """Lists, searches, filters and shows."""

    # Counting all rows for "3 of 1,000,000" costs more than the page.
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are made by the services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows are changed by the services."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows stay: they are the record."""
        return False


class ReadOnlyInline(TabularInline):  # type: ignore[misc]  # unfold carries no types
    """Rows that belong to the shown one."""

    extra = 0
    can_delete = False
    hide_title = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them: a form would refuse those that Django fills in itself."""
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are made by the services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are changed by the services."""
        return False


def number_text(value: float | None) -> str:
    """Return a number in four significant digits; a dash for none."""
    return NOTHING if value is None else f"{value:.4g}"
