"""What the audit trail calls an act, a kind of record and a fact: the rows keep the short codes.

Each app says its own in its `acts.py`.
"""

from collections.abc import Mapping
from functools import cache

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

ACTS: dict[str, Words] = {
    "viewed": _("Looked at"),
    "list viewed": _("Looked at a list"),
    "added": _("Added"),
    "changed": _("Changed"),
    "deleted": _("Deleted"),
    "account made": _("Account made"),
    "staff account made": _("Account made for staff"),
    "signed in": _("Signed in"),
    "password set": _("Password set"),
    "password refused": _("Password refused"),
    "language chosen": _("Language chosen"),
    "sign-in address changed": _("Sign-in address changed"),
    "second factor enrolled": _("Second factor added"),
    "second factor refused": _("Second factor refused"),
    "second factor reset": _("Second factor taken away"),
    "message sent again": _("Message sent again"),
    "message set aside": _("Message set aside: told in another way"),
}
# By the name of the fact, then by its code.
FACTS: dict[str, Mapping[str, Words]] = {}


def act(code: str) -> str:
    return str(ACTS.get(code, code))


def kind_of_record(code: str) -> str:
    return str(_kinds().get(code, code))


def facts(detail: Mapping[str, object]) -> str:
    return "; ".join(f"{name}: {_fact(name, value)}" for name, value in detail.items())


def _fact(name: str, value: object) -> str:
    return str(FACTS.get(name, {}).get(str(value), value))


@cache
def _kinds() -> dict[str, Words]:
    """Of our own: the packages have models of the same names."""
    ours = [apps.get_app_config(app) for app in ("clinic", "intake", "scheduling")]
    return {
        model._meta.model_name or "": model._meta.verbose_name or ""
        for app in ours
        for model in app.get_models()
    }
