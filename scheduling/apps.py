from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = _("Scheduling")

    def ready(self) -> None:
        from scheduling import (
            acts,  # noqa: F401 - says them for the audit trail
            receivers,  # noqa: F401 - listens to intake's signals
        )
