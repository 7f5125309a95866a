"""Dr. Solomon, the X-ray room, hours and visit types: a start the administrator changes."""

from datetime import time

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MORNING = (time(9), time(13))
AFTERNOON = (time(15), time(19))
HOURS = {
    0: (MORNING, AFTERNOON),
    1: (MORNING,),
    2: (MORNING, AFTERNOON),
    3: (MORNING,),
    4: (MORNING, AFTERNOON),
    5: ((time(9), time(12)),),
}


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    doctor = apps.get_model("scheduling", "Clinician").objects.create(name="Dr. Jonathan Solomon")
    xray = apps.get_model("scheduling", "Room").objects.create(name="X-ray room")
    hours = apps.get_model("scheduling", "OpeningHours")
    for weekday, windows in HOURS.items():
        for starts, ends in windows:
            hours.objects.create(clinician=doctor, weekday=weekday, starts=starts, ends=ends)
    types = apps.get_model("scheduling", "VisitType").objects
    types.create(code="new-exam", name="New patient exam", minutes=45, for_first_visit=True)
    types.create(
        code="new-exam-xray",
        name="New patient exam with X-ray",
        minutes=60,
        room=xray,
        needs_xray_clearance=True,
        for_first_visit=True,
    )
    types.create(code="adjustment", name="Adjustment", minutes=20, for_return_visit=True)
    types.create(code="re-exam", name="Re-exam", minutes=30)


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0002_guards")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
