"""The demo's page of messages, and its absence everywhere else."""

import importlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.http import Http404
from django.test import Client
from django.urls import NoReverseMatch, clear_url_caches, reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

import clinic.urls
from clinic import messages, services
from clinic.models import Message, User
from clinic.views import demo_messages

pytestmark = pytest.mark.django_db

STARTS = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)
VISIT = uuid.UUID("5a3bbd9a-7a55-4c79-9e0b-5f8f3f6f7d10")
PAGE = "/demo/messages/"


@pytest.fixture
def demo(settings: Settings) -> Iterator[None]:
    settings.DEMO = True
    importlib.reload(clinic.urls)
    clear_url_caches()
    yield
    settings.DEMO = False
    importlib.reload(clinic.urls)
    clear_url_caches()


def booked(name: str = "Kim") -> Message:
    return messages.booked(
        to="kim@example.com",
        name=name,
        visit_id=VISIT,
        starts_at=STARTS,
        ends_at=STARTS + timedelta(minutes=45),
        now=timezone.now(),
    )


def test_it_is_not_there_outside_the_demo(client: Client, rf):
    assert client.get(PAGE).status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("clinic:demo_messages")
    with pytest.raises(Http404):
        demo_messages.demo_messages(rf.get(PAGE))
    with pytest.raises(Http404):
        demo_messages.demo_calendar(rf.get(PAGE), pk=uuid.uuid4())
    assert PAGE not in client.get(reverse("clinic:sign_in")).text


def test_the_footer_leads_there(client: Client, demo: None):
    assert f'href="{PAGE}"' in client.get(reverse("clinic:sign_in")).text


def test_an_empty_page_says_what_to_do(client: Client, demo: None):
    page = client.get(PAGE).text
    assert "No messages yet" in page
    assert "Nobody on the staff has set up a phone yet." in page


def test_every_message_is_read_newest_first_with_its_links(client: Client, demo: None):
    booked("Kim")
    messages.code(to="lee@example.com", code="428193", now=timezone.now())
    page = client.get(PAGE).text
    assert page.index("428193") < page.index("Hello Kim,")
    assert "lee@example.com" in page
    link = f"http://localhost:8000/my/visits/{VISIT}/"
    assert f'<a href="{link}" rel="nofollow">{link}</a>' in page


def test_the_newest_ten_come_first_and_a_link_leads_to_older_ones(client: Client, demo: None):
    now = timezone.now()
    for number in range(21):
        at = now + timedelta(seconds=number)
        messages.code(to="lee@example.com", code=f"9000{number:02}", now=at)

    def shown(**asked: str) -> list[int]:
        page = client.get(PAGE, asked)
        assert page.status_code == 200
        return [number for number in range(21) if f"9000{number:02}" in page.text]

    first = client.get(PAGE).text
    assert first.index("Phones of the staff") < first.index("900020")
    assert f'href="{PAGE}?shown=20#emails"' in first
    assert "part=letters&amp;shown=10&amp;" in first
    assert shown() == list(range(11, 21))
    assert shown(shown="20") == shown(shown="20", part="letters") == list(range(1, 21))
    assert shown(shown="30") == list(range(21))
    assert "Show older" not in client.get(PAGE, {"shown": "30"}).text
    for nonsense in ("-1", "x", "9" * 40, "٣"):
        assert len(shown(shown=nonsense)) == 10


def test_what_a_visitor_typed_is_text(client: Client, demo: None):
    booked("<script>alert(1)</script>")
    page = client.get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_calendar_file_is_downloaded(client: Client, demo: None):
    message = booked()
    response = client.get(reverse("clinic:demo_calendar", args=[message.pk]))
    assert response.headers["Content-Type"].startswith("text/calendar")
    assert "visit.ics" in response.headers["Content-Disposition"]
    assert response.content.decode() == message.calendar
    code = messages.code(to="lee@example.com", code="428193", now=timezone.now())
    assert client.get(reverse("clinic:demo_calendar", args=[code.pk])).status_code == 404


def test_the_phones_of_the_staff_are_shown(client: Client, demo: None):
    desk = User.objects.create_user("desk@example.com", name="Robin Vale", is_desk=True)
    User.objects.create_user("new@example.com", name="No Phone", is_desk=True)
    services.enrol_totp(user=desk, by=None, now=timezone.now())
    before = services.current_totp_code(desk)
    page = client.get(PAGE).text
    assert "Robin Vale" in page
    assert before in page or services.current_totp_code(desk) in page
    assert "No Phone" not in page
    part = client.get(PAGE, {"part": "phones"}).text
    assert "Robin Vale" in part
    assert "<html" not in part


def test_the_page_asks_again_and_is_told_only_what_is_new(client: Client, demo: None):
    message = booked()
    part = client.get(PAGE, {"part": "letters"})
    assert "<html" not in part.text
    seen = part.context["seen"]
    again = {"part": "letters", "seen": seen}
    assert client.get(PAGE, again).status_code == 204
    Message.objects.update(state=Message.State.SENT)
    assert client.get(PAGE, again).status_code == 200
    messages.code(to=message.recipient, code="428193", now=timezone.now())
    assert "428193" in client.get(PAGE, again).text


def test_it_has_no_inline_script_or_style(client: Client, demo: None):
    booked()
    page = client.get(PAGE).text
    assert "<style" not in page
    assert " style=" not in page
    assert page.count("<script") == page.count("<script src=")


def test_it_only_shows(client: Client, demo: None):
    assert client.post(PAGE).status_code == 405
