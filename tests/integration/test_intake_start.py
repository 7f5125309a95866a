"""The landing page, starting, going on, starting again, and the language."""

import uuid

import pytest
from django.test import Client

from intake.models import IntakeDraft
from tests import answers, walking

pytestmark = pytest.mark.django_db


def test_the_landing_page_says_it_in_one_screen(client):
    response = client.get("/")
    page = response.content.decode()
    assert response.status_code == 200
    assert 'href="tel:911"' in page
    assert ">Start</button>" in page
    assert "(703) 555-0142" in page


def test_looking_starts_nothing(client):
    client.get("/")
    response = client.get("/intake/start/")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "There is nothing to see here" in response.content.decode()
    assert IntakeDraft.objects.count() == 0


def test_the_same_browser_is_known_again(client):
    walking.start(client)
    first = IntakeDraft.objects.latest("started_at")
    client.post("/intake/start-again/")
    assert walking.place(client.get("/intake/", follow=True)) == "/"
    walking.start(client)
    second = IntakeDraft.objects.latest("started_at")
    assert second.browser == first.browser
    assert second.answers == {}


def test_a_made_up_browser_key_is_not_believed(client):
    mine = uuid.uuid4()
    client.cookies["clinic_browser"] = str(mine)
    walking.start(client)
    assert IntakeDraft.objects.get().browser != mine


def test_two_browsers_never_share_a_draft(client):
    other = Client()
    walking.start(client)
    client.post("/intake/date-of-birth/", walking.birth(answers.BORN))
    walking.start(other)
    year = 'value="1988"'
    assert year in client.get("/intake/date-of-birth/").content.decode()
    assert year not in other.get("/intake/date-of-birth/").content.decode()


def test_going_on_leads_to_where_one_stopped(client):
    walking.start(client)
    client.post("/intake/date-of-birth/", walking.birth(answers.BORN))
    assert 'href="/intake/"' in client.get("/").content.decode()
    response = client.get("/intake/", follow=True)
    assert walking.place(response) == "/intake/bladder-and-bowels/"


def test_too_many_starts_are_told_when_to_try_again(client):
    for _time in range(40):
        assert walking.start(client).status_code == 302
    response = walking.start(client)
    assert response.status_code == 429
    assert response.headers["Retry-After"]


def test_the_language_is_switched_by_a_post_and_kept(client):
    response = client.post("/language/", {"language": "es", "next": "/"}, follow=True)
    page = response.content.decode()
    assert '<html lang="es">' in page
    assert "English" in page
    walking.start(client)
    assert '<html lang="es">' in client.get("/intake/date-of-birth/").content.decode()


def test_the_privacy_notice_has_its_version(client):
    assert "Version 2026-11" in client.get("/privacy/").content.decode()
