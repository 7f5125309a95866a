"""What the desk's screens ask for all day: the calendar, and a patient for each pause in typing."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string

from clinic.models import User
from scheduling import slots
from scheduling.plan import current
from tests.bench import searching
from tests.bench.clients import Asked, get, post
from tests.bench.measuring import head, line, statements
from tests.bench.servers import FORWARDED, Ports
from tests.people import signed_in

PAGE = "/staff/day/"
FEED = "/staff/day/feed.json"
SEARCH = "/staff/search/"
LOOKS = {"a day": 1, "a week": 7, "six weeks": 42}
SEARCHES = ("name", "name, both mistyped", "phone")


def measure(ports: Ports, by: User, owner_url: str) -> None:
    """Prints a line for each; `by` works at the desk."""
    client = signed_in(by, client=Client(headers={"host": "localhost"}))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    _calendar(ports, client, session, owner_url)
    _searches(ports, client, session, owner_url)


def _calendar(ports: Ports, client: Client, session: str, owner_url: str) -> None:
    head("\nThe desk's calendar", "answers")
    headers = f"{FORWARDED}Cookie: {settings.SESSION_COOKIE_NAME}={session}\r\n"
    first = timezone.localdate() + timedelta(days=1)
    page = Asked(ports.clinic, [get(f"{PAGE}?on={first}", headers)])
    asks = statements(lambda: client.get(PAGE, {"on": first}))
    line("  its page", page, _visits(ports, first, 1), asks, owner_url)
    # As a screen asks every other second, which keeps nobody signed in.
    headers += "X-Background: 1\r\n"
    for name, days in LOOKS.items():
        days_asked = {"first": first, "last": first + timedelta(days=days - 1)}
        address, bare = f"{FEED}?{urlencode(days_asked)}", _visits(ports, first, days)
        asks = statements(lambda address=address: client.get(address))
        line(f"  {name}", Asked(ports.clinic, [get(address, headers)]), bare, asks, owner_url)
        known = f"If-None-Match: {client.get(address).headers['ETag']}\r\n"
        same = Asked(ports.clinic, [get(address, headers + known)], status=304)
        line(f"  {name}, unchanged", same, bare, asks, owner_url)


def _searches(ports: Ports, client: Client, session: str, owner_url: str) -> None:
    head("\nA patient found by", "answers")
    token = get_random_string(32)
    headers = (
        f"{FORWARDED}Origin: https://book.example.com\r\nHX-Request: true\r\n"
        f"Cookie: {settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}\r\n"
    )
    people = searching.some_people()
    named = [urlencode({"family_name": family}) for _given, family, *_rest in people]
    bare = Asked(ports.bare, [get(f"/patients?{who}") for who in named])
    for kind in SEARCHES:
        texts = [searching.KINDS[kind](*person) for person in people]
        forms = [urlencode({"text": text, "csrfmiddlewaretoken": token}) for text in texts]
        ours = Asked(ports.clinic, [post(SEARCH, form, headers) for form in forms])
        asks = statements(
            lambda text=texts[0]: client.post(
                SEARCH, {"text": text}, headers={"HX-Request": "true"}
            )
        )
        line(f"  {kind}", ours, bare, asks, owner_url)


def _visits(ports: Ports, first: date, days: int) -> Asked:
    """The bare view's: the visits of the same days, with their patients."""
    inside = slots.local_days(first, first + timedelta(days=days - 1), current().policy.zone)
    return Asked(
        ports.bare, [get(f"/visits?{urlencode({'from': inside.start, 'to': inside.end})}")]
    )
