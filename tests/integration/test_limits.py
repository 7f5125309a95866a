"""A limit counts every try once, however many come at the same moment, and says when to return."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import RequestFactory

from clinic import limits
from clinic.limits import TooMany
from clinic.tasks import forget_sessions_and_tries

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def tries(count: int, *, key="a", now=NOW, name="any") -> int:
    """How many of `count` tries were let through."""
    passed = 0
    for _ in range(count):
        try:
            limits.hit(name, key, limit=3, per=HOUR, now=now)
            passed += 1
        except TooMany:
            pass
    return passed


@pytest.mark.django_db
def test_a_limit_holds_for_one_key_of_one_name(time_machine):
    time_machine.move_to(NOW)
    assert tries(5) == 3
    assert tries(5, key="b") == 3
    assert tries(5, name="other") == 3


@pytest.mark.django_db
def test_tries_come_back_one_by_one(time_machine):
    time_machine.move_to(NOW)
    for minute in (0, 10, 20):
        assert tries(1, now=NOW + timedelta(minutes=minute)) == 1
    with pytest.raises(TooMany) as refused:
        limits.hit("any", "a", limit=3, per=HOUR, now=NOW + timedelta(minutes=30))
    assert refused.value.again_at == NOW + HOUR
    assert tries(2, now=NOW + timedelta(minutes=59)) == 0
    assert tries(2, now=NOW + timedelta(minutes=60)) == 1


@pytest.mark.django_db
def test_a_success_forgets(time_machine):
    time_machine.move_to(NOW)
    for _ in range(5):
        limits.count(limits.SECOND_FACTORS, "a", now=NOW)
    limits.forget(limits.SECOND_FACTORS, "a")
    limits.count(limits.SECOND_FACTORS, "a", now=NOW)


@pytest.mark.django_db
def test_what_no_longer_counts_is_thrown_away_at_night(time_machine):
    time_machine.move_to(NOW)
    limits.hit("any", "a", limit=1, per=HOUR, now=NOW)
    limits.hit("any", "b", limit=1, per=3 * HOUR, now=NOW)
    over = SessionStore()
    over.set_expiry(HOUR)
    over.create()
    going_on = SessionStore()
    going_on.create()

    time_machine.move_to(NOW + 2 * HOUR)
    forget_sessions_and_tries(0)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM clinic_tries")
        assert cursor.fetchone() == (1,)
    with pytest.raises(TooMany):
        limits.hit("any", "b", limit=1, per=3 * HOUR, now=NOW + 2 * HOUR)
    assert not over.exists(over.session_key)
    assert going_on.exists(going_on.session_key)


@pytest.mark.race
def test_tries_at_the_same_moment_are_each_counted(fresh_database):
    now = datetime.now(UTC)

    def one(_: int) -> int:
        try:
            return tries(1, now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(one, range(48))) == 3


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "198.51.100.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 192.0.2.2", "203.0.113.9"),
        (2, "203.0.113.9", "198.51.100.1"),
        (1, "", "198.51.100.1"),
        (1, "nonsense", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ],
)
def test_a_visitor_cannot_choose_an_address(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(REMOTE_ADDR="198.51.100.1").get("/", headers=headers)
    assert limits.visitor(request) == expected
