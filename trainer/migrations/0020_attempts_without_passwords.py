"""Empty what failed sign-ins and password changes had sent: it held passwords in clear."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def blank(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Keep the attempts, since they are counted, and nothing of what was typed."""
    apps.get_model("axes", "AccessAttempt").objects.update(get_data="", post_data="")


class Migration(migrations.Migration):
    dependencies = [
        ("trainer", "0019_rates_in_force"),
        ("axes", "0010_accessattemptexpiration"),
    ]

    operations = [migrations.RunPython(blank, migrations.RunPython.noop)]
