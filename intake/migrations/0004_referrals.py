"""Referrals: to whom, with which letter, and what came back."""

from typing import ClassVar

from django.db import migrations
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar = [("intake", "0003_renewals_and_handovers")]
    operations: ClassVar[list[Operation]] = []
