"""The clinic's one row, and the towns it serves."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TOWNS = (
    "Ashburn",
    "Dulles",
    "Belmont",
    "Herndon",
    "South Riding",
    "Broadlands",
    "Loudoun Valley Estates",
)


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("clinic", "ClinicProfile").objects.get_or_create(pk=1)
    towns = apps.get_model("clinic", "ServiceTown")
    for order, name in enumerate(TOWNS, start=1):
        towns.objects.get_or_create(name=name, defaults={"order": order * 10})


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_history_and_guards")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
