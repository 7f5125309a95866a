"""Between the password and the last door: the second factor, for everybody who is staff."""

from allauth.account.stages import LoginStage
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpResponse
from django.shortcuts import redirect

from clinic.sign_in import session


class SecondFactorStage(LoginStage):  # type: ignore[misc]  # allauth carries no types
    """Asks for the second factor; who has none yet is sent to enrol one, and nowhere else."""

    key = "second_factor"
    urlname = "clinic:second_factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None or not user.is_staff:
            return None, True
        if "password" not in session.methods(self.request, user):
            # A code alone, or a code and a second factor, would skip the password.
            return redirect("clinic:staff_sign_in"), False
        return redirect("clinic:second_factor" if has_second_factor(user) else "clinic:enrol"), True


def has_second_factor(user: object) -> bool:
    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP]))
