"""Home exercises, and how the pain went from visit to visit."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar = [("intake", "0004_referrals")]
    operations: ClassVar[list[Operation]] = []
