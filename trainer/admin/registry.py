"""Classes on offer and the text that they came from."""

from django.contrib import admin

from trainer.admin.read_only import ReadOnlyAdmin
from trainer.models import RegisteredClass, Source


@admin.register(RegisteredClass)
class RegisteredClassAdmin(ReadOnlyAdmin):
    """Tasks, models, generators and recipes on offer."""

    list_display = ("class_name", "registry", "description", "file", "since")
    list_filter = ("registry",)
    search_fields = ("class_name", "description", "file")


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    """Every file version that was ever on offer."""

    list_display = ("sha256", "created_at")
    search_fields = ("sha256", "text")
