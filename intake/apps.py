from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = _("Intake")

    def ready(self) -> None:
        from intake import (
            acts,  # noqa: F401 - says them for the audit trail
            checks,  # noqa: F401 - registers them
            receivers,  # noqa: F401 - listens to the ground floor's signals
        )
