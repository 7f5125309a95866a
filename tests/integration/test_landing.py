"""The first page: what it says of who comes first, of the hours, and of the way there."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse

from intake.triage.article import ROWS
from scheduling.models import Closure, OpeningHours

pytestmark = pytest.mark.django_db

# A Monday at ten at night, in pain.
MONDAY_NIGHT = datetime(2026, 11, 10, 3, tzinfo=UTC)


def words(client: Client) -> str:
    """The page as it is read, on one line."""
    text = re.sub(r"<[^>]+>", " ", client.get("/").content.decode())
    return re.sub(r"\s+", " ", text)


def test_the_first_page_is_known_by_its_name():
    assert reverse("clinic:landing") == "/"


def test_every_row_of_the_clinics_table_stands_there_with_its_answers(client):
    page = client.get("/").content.decode()
    body = page.split("<tbody", 1)[1].split("</tbody>", 1)[0]
    rows = [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).replace("first? ", "first?").strip()
        for row in body.split("<tr")[1:]
    ]
    assert len(rows) == len(ROWS) == 11
    for row, said in zip(ROWS, rows, strict=True):
        assert row.situation in said
    answers = [re.findall(r"first\?\s*(Yes|No|Along with your doctor)", row) for row in rows]
    assert answers[:5] == [["Yes", "No"]] * 5
    assert answers[5:10] == [["No", "Yes"]] * 5
    assert answers[10] == ["Along with your doctor", "Yes"]


@time_machine.travel(MONDAY_NIGHT)
def test_the_hours_are_the_calendars_own_from_today_on(client):
    page = words(client)
    assert "Mon, Nov 9 9:00 AM to 1:00 PM 3:00 PM to 7:00 PM Tue, Nov 10" in page
    assert "Sun, Nov 15 Closed" in page
    OpeningHours.objects.filter(weekday=1).delete()
    assert "Tue, Nov 10 Closed" in words(client)


@time_machine.travel(MONDAY_NIGHT)
def test_a_closure_shows_and_its_reason_does_not(client):
    day = DateTimeTZRange(
        datetime(2026, 11, 11, 5, tzinfo=UTC), datetime(2026, 11, 11, 22, tzinfo=UTC)
    )
    Closure.objects.create(during=day, reason="A private matter")
    page = words(client)
    assert "Wed, Nov 11 5:00 PM to 7:00 PM" in page
    assert "A private matter" not in page


def test_the_way_there_is_a_link_and_nothing_else_of_a_third_party(client):
    page = client.get("/").content.decode()
    elsewhere = re.findall(r'<(\w+)[^>]*(?:href|src|action)="https?://([^/"]+)', page)
    assert elsewhere == [("a", "www.google.com")]
    assert "destination=123%20Example%20Plaza%2C%20Ashburn%2C%20VA%2020147" in page


def test_it_asks_the_database_little(client, django_assert_num_queries):
    client.get("/")
    # The clinic, its towns, and whether the plan of the calendar has changed.
    with django_assert_num_queries(3):
        client.get("/")
