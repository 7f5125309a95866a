"""Walking through the intake as a browser does: page after page, by what each answers."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from clinic.models import Message, ServiceTown
from intake.screens import ABOUT_SCREENS, SCREENS
from tests import answers

BY_SLUG = {screen.slug: screen for screen in SCREENS}
ABOUT_BY_SLUG = {screen.slug: screen for screen in ABOUT_SCREENS}
ABOUT = "/intake/about-you/"


def about(**changes: object) -> dict[str, object]:
    """The "About you" page filled in; a value of None leaves a field out."""
    filled = {
        "given_name": "Ana",
        "family_name": "Reyes",
        "phone": "(703) 555-0101",
        "email": "ana@example.com",
        "town": str(ServiceTown.objects.get(name="Ashburn").pk),
        "payment": "self",
        "agree_care": "on",
        "agree_messages": "on",
        "agree_privacy": "on",
        **changes,
    }
    return {name: value for name, value in filled.items() if value is not None}


GUARDIAN = {
    "guardian_name": "Rosa Reyes",
    "guardian_relationship": "mother",
    "agree_guardian": "on",
}


def birth(born: date) -> dict[str, object]:
    return {"month": born.month, "day": born.day, "year": born.year}


def tell(client: Client, *, until: str = "", **changes: object) -> Any:
    """Fill in one page about the person after another; stops at `until`, or where one is refused.

    Each page is posted as it stands, with what else the others would send left out.
    """
    filled = about(**changes)
    response = client.get(ABOUT, follow=True)
    here = place(response)
    while here.startswith(ABOUT) and about_slug(here) != until:
        fields = ABOUT_BY_SLUG[about_slug(here)].fields
        data = {name: filled[name] for name in fields if name in filled}
        response = client.post(here, data, follow=False)
        before, here = here, led_to(response)
        if here == before:
            break
    return arrived(client, response)


def about_slug(address: str) -> str:
    return address.removeprefix(ABOUT).strip("/") or "who"


def start(client: Client) -> Any:
    return client.post("/intake/start/")


def answer(client: Client, said: Mapping[str, object], *, born: date = answers.BORN) -> Any:
    """Post every screen in turn, until there is none left or the form stops."""
    response = client.get("/intake/", follow=True)
    slug = slug_of(response)
    while slug:
        screen = BY_SLUG[slug]
        data = birth(born) if slug == "date-of-birth" else {}
        data |= {id_: said[id_] for id_ in screen.questions if id_ in said}
        before, response = slug, client.post(f"/intake/{slug}/", data, follow=False)
        slug = slug_in(led_to(response))
        assert slug != before, errors(response)
    return arrived(client, response)


def led_to(response: Any) -> str:
    """The address it sends a browser to, or that of the page it is.

    A walk goes straight on there, without the page in between: only the one it ends on is opened.
    """
    return urlsplit(response.headers.get("Location", "")).path or place(response)


def arrived(client: Client, response: Any) -> Any:
    """The page it leads to."""
    to = response.headers.get("Location")
    return client.get(to, follow=True) if to else response


def slug_of(response: Any) -> str:
    """The screen a response shows; empty on any other page."""
    return slug_in(place(response))


def slug_in(address: str) -> str:
    slug = address.strip("/").removeprefix("intake/")
    return slug if slug in BY_SLUG else ""


def place(response: Any) -> str:
    address: str = response.request["PATH_INFO"]
    return address


def errors(response: Any) -> list[str]:
    """The sentences of the error summary."""
    page = response.content.decode()
    summary = re.search(r'<div class="error-summary".*?</div>', page, re.S)
    found = re.findall(r"<li>(.*?)</li>", summary[0], re.S) if summary else []
    return [re.sub(r"<[^>]+>", "", each).strip() for each in found]


def emailed_code() -> str:
    body = Message.objects.filter(kind="code").latest("queued_at").body
    found = re.search(r"^(\d{6})$", body, re.MULTILINE)
    assert found, body
    return found[1]


def finish(
    client: Client,
    said: Mapping[str, object],
    *,
    born: date = answers.BORN,
    **changes: object,
) -> Any:
    """From *Start* to the result, by the emailed code."""
    start(client)
    response = answer(client, said, born=born)
    assert place(response) == ABOUT, place(response)
    response = tell(client, **changes)
    assert place(response) == "/intake/check/", errors(response)
    response = client.post("/intake/check/", follow=True)
    if place(response) != "/intake/code/":
        return response
    return client.post("/intake/code/", {"code": emailed_code()}, follow=True)
