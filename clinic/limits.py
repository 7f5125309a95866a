"""How often something may be tried, counted in a table that every web process shares.

`hit` counts a try or raises TooMany, which `clinic.middleware` turns into a page that says when
to try again. Called outside a transaction, so that a rollback does not forget the try.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.http import HttpRequest


class TooMany(Exception):
    """The limit is reached; `again_at` is when the next try counts."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__("Tried too often.")
        self.again_at = again_at


@dataclass(frozen=True)
class Limit:
    """At most `times` tries by the same key within `per`."""

    name: str
    times: int
    per: timedelta


# A waiting room, or a mobile network, shares one address.
CODES_TO_ADDRESS = Limit("codes to address", 60, timedelta(hours=1))
CODES_TO_EMAIL = Limit("codes to email", 5, timedelta(minutes=15))
CODES_TO_EMAIL_DAILY = Limit("codes to email, daily", 20, timedelta(days=1))
# Five guesses at each of twenty codes a day: one account in ten thousand a day, at worst.
GUESSES_AT_CODE = Limit("guesses at code", 5, timedelta(hours=1))
PASSWORDS_BY_ADDRESS = Limit("passwords by address", 30, timedelta(minutes=10))
# Both together, so that a stranger elsewhere cannot keep the desk from signing in …
PASSWORDS_FOR_EMAIL_BY_ADDRESS = Limit("passwords", 5, timedelta(minutes=10))
# … and from everywhere, so that many addresses together do not guess either.
PASSWORDS_FOR_EMAIL = Limit("passwords for email", 50, timedelta(hours=1))
SECOND_FACTORS = Limit("second factors", 5, timedelta(minutes=5))
SECOND_FACTORS_DAILY = Limit("second factors, daily", 50, timedelta(days=1))
# Forms begun, and numbers left for a call, by one address: far more than a waiting room needs.
INTAKES_BY_ADDRESS = Limit("intakes by address", 40, timedelta(hours=1))
CONTACTS_BY_ADDRESS = Limit("contacts by address", 20, timedelta(hours=1))
# Grown-ups of a family offered an account of their own, and dates of birth tried to take one up.
HANDOVERS_BY_ACCOUNT = Limit("handovers by account", 6, timedelta(days=1))
BIRTH_DATES_FOR_HANDOVER = Limit("birth dates for handover", 5, timedelta(days=1))
# Files of up to 10 MB each: a report photographed page by page, and once more.
UPLOADS_BY_ACCOUNT = Limit("uploads by account", 40, timedelta(days=1))
# Times chosen: somebody undecided with a family, and everybody who shares their address.
HOLDS_BY_ACCOUNT = Limit("holds by account", 30, timedelta(hours=1))
HOLDS_BY_ADDRESS = Limit("holds by address", 200, timedelta(hours=1))
# Not tries but what is kept: a parent who books for three children does it one by one.
HOLDS_AT_ONCE_BY_ACCOUNT = 4
# A patient who keeps times without booking one has had four of the usual length; then they wait.
KEPT_AT_MOST = timedelta(minutes=40)
KEPT_WITHIN = timedelta(hours=2)


# One statement, which the row's lock makes one step: two tries at once are never counted as one.
_COUNT = """
    INSERT INTO clinic_tries AS counted (key, made_at, forget_at)
    VALUES (%(key)s, ARRAY[%(now)s::timestamptz], %(forget_at)s)
    ON CONFLICT (key) DO UPDATE SET
        made_at = ARRAY(SELECT at FROM unnest(counted.made_at) AS at WHERE at > %(since)s)
            || excluded.made_at,
        forget_at = excluded.forget_at
    WHERE (SELECT count(*) FROM unnest(counted.made_at) AS at WHERE at > %(since)s) < %(limit)s
    RETURNING key
"""


def hit(name: str, key: str, *, limit: int, per: timedelta, now: datetime) -> None:
    """Count one try of `key`. Raises TooMany, and counts nothing, when `limit` were made."""
    stored = _stored_key(name, key)
    moments = {"now": now, "since": now - per, "forget_at": now + per}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": stored, "limit": limit, **moments})
        if cursor.fetchone():
            return
        cursor.execute("SELECT unnest(made_at) FROM clinic_tries WHERE key = %s", [stored])
        made_at = sorted(moment for (moment,) in cursor.fetchall())
    # None, when whoever made them has just succeeded and was forgotten.
    raise TooMany(made_at[-limit:][0] + per if made_at else now)


def count(limit: Limit, key: str, *, now: datetime) -> None:
    """`hit`, with one of the limits above."""
    hit(limit.name, key, limit=limit.times, per=limit.per, now=now)


def forget(limit: Limit, key: str) -> None:
    """What was tried before no longer counts: it succeeded."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM clinic_tries WHERE key = %s", [_stored_key(limit.name, key)])


def forget_all_before(now: datetime) -> None:
    """Throw away what no longer counts."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM clinic_tries WHERE forget_at < %s", [now])


def visitor(request: HttpRequest) -> str:
    """The address a request came from, as a limit's key.

    Read as many places from the right of X-Forwarded-For as there are proxies of our own: what
    stands further left the visitor may have written. One IPv6 customer has a whole /64.
    """
    address = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXIES
    header = request.headers.get("X-Forwarded-For", "")
    forwarded = header.split(",") if header else []
    if 0 < proxies <= len(forwarded):
        address = forwarded[-proxies]
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False).network_address)
    return str(parsed)


def _stored_key(name: str, key: str) -> str:
    """Hashed: a list of who tried what is no place for email addresses."""
    return hashlib.sha256(f"{name}\0{key}".encode()).hexdigest()
