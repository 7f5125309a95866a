"""Which version of the protocol a doctor signed."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar = [("intake", "0005_exercises")]
    operations: ClassVar[list[Operation]] = []
