"""What patients say stays on the page: emails, jobs and logs are searched for planted words.

Each walk does what people do, with every field of the patient and the intake planted; each place
things leak from is then searched. A new walk joins WALKS; a new place joins `places`.
"""

import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber
from pytest_django.fixtures import Settings

from clinic import messages
from clinic.models import Message, User
from intake import services
from intake.models import Finding, Intake
from intake.services import Caller
from tests import answers, mail
from tests.database import TestDatabase
from tests.mail import Letterbox, Worker, work
from tests.people import signed_in as signed_in_as

# A name, a time and a place are all an email may say of anybody.
GIVEN_NAME = "Quillanda"
EMAIL = "zephyrine@example.com"
STARTS = datetime(2026, 11, 24, 14, 20, tzinfo=UTC)

# Nowhere outside the record, in no way of writing.
PLANTED = {
    "family name": ["Brackwater"],
    "phone": ["7035550177", "(703) 555-0177", "703-555-0177"],
    "another town": ["Thistlemere"],
    "guardian": ["Oswaldine", "godmotherly"],
    "own words": ["tripped over the harpsichord"],
    "medicines": ["fluxomitrin"],
    "allergies": ["gooseberries"],
    "doctor": ["Dr. Pennyfeather"],
    "emergency contact": ["Marmaduke"],
    "insurer": ["Goldfinch Mutual"],
    "date of birth": ["1988-03-09", "March 9, 1988", "03/09/1988"],
    "the reviewer's reason": ["telephoned the lighthouse"],
    "contact left": ["Lampwick"],
    "note about times": ["after the pigeon races"],
}
# Of an email alone: a log may hold the name of a module.
MEDICAL = ["EMERGENCY", "REFER", "CO-MANAGE", "CO_MANAGE", "BOOK,", "XRAY", "clearance_"]

ABOUT = {
    "given_name": GIVEN_NAME,
    "family_name": "Brackwater",
    "phone": "+17035550177",
    "email": EMAIL,
    "elsewhere": "Thistlemere",
    "guardian_name": "Oswaldine Brackwater",
    "guardian_relationship": "godmotherly",
    "own_words": "I tripped over the harpsichord.",
    "details": {
        "medicines": "fluxomitrin",
        "allergies": "gooseberries",
        "doctor": "Dr. Pennyfeather",
        "emergency_contact": "Marmaduke Brackwater",
        "insurer": "Goldfinch Mutual",
    },
    "consents": [{"kind": "guardian", "version": "1"}],
}


def held_then_cleared() -> None:
    intake = _proved(answers.REFER)
    _decide(intake, "CLEAR")


def held_then_referred() -> None:
    _decide(_proved(answers.CO_MANAGE), "REFER")


def taken_to_a_doctor() -> None:
    """On paper, and with the times that would suit."""
    intake = _proved(answers.REFER)
    account, now = User.objects.get(email=EMAIL), timezone.now()
    services.wish_times(
        case_id=intake.case_id,
        half_days=["0-am"],
        note="after the pigeon races",
        by=account,
        now=now,
    )
    patient = signed_in_as(account)
    for form in ("", "summary/", "summary.pdf"):
        response = patient.get(f"/my/intakes/{intake.pk}/{form}")
        assert response.status_code == 200
        headers = str(response.headers)
        assert _planted_in(headers) == []
        assert GIVEN_NAME not in headers
    _decide(intake, "SUPPORTIVE")


def emergency_then_resolved() -> None:
    intake = _proved(answers.EMERGENCY)
    services.leave_contact(
        intake_id=intake.pk,
        name="Lampwick Brackwater",
        phone="+17035550177",
        by=None,
        now=timezone.now(),
    )
    _decide(intake, "RESOLVED")


def booked_then_cancelled() -> None:
    _proved(answers.BOOK)
    now = timezone.now()
    with transaction.atomic():
        messages.booked(
            to=EMAIL,
            name=GIVEN_NAME,
            visit_id=uuid.uuid4(),
            starts_at=STARTS,
            ends_at=STARTS + timedelta(minutes=45),
            now=now,
        )
        messages.cancelled(to=EMAIL, name=GIVEN_NAME, starts_at=STARTS, now=now)


def handed_over() -> None:
    """A grown-up takes their record to an address of their own."""
    patient = _proved(answers.BOOK).patient
    assert patient
    assert patient.account
    now = timezone.now()
    own = "zephyrine.own@example.com"
    offer = services.offer_own_account(patient=patient, email=own, by=patient.account, now=now)
    account = User.objects.get(email=own)
    services.take_over(handover_id=offer.pk, account=account, born=patient.born, now=now)


def signed_in() -> None:
    with transaction.atomic():
        messages.code(to=EMAIL, code="428193", now=timezone.now())
        messages.no_account(to=EMAIL, now=timezone.now())


def called_then_gone_on_alone() -> None:
    """One caller is held, another goes on by the link that is mailed."""
    now = timezone.now()
    by = User.objects.create_user("desk@example.com", is_desk=True)
    number = PhoneNumber.from_string("+17035550177")
    caller = Caller(GIVEN_NAME, "Brackwater", answers.BORN, number)
    sent = services.begin_call(caller=caller, by=by, now=now).pk
    put = [*answers.REFER]
    services.hear(draft_id=sent, answers=answers.REFER, put=put, by=by, now=now)
    services.send_call(draft_id=sent, about=ABOUT, by=by, now=now, seen=None)
    left = services.begin_call(caller=caller, by=by, now=now).pk
    services.hear_typed(
        draft_id=left,
        typed={"own_words": str(ABOUT["own_words"])},
        put=["own_words"],
        by=by,
        now=now,
    )
    services.hand_over(draft_id=left, email=EMAIL, link="/intake/go-on/key/", by=by, now=now)


WALKS = (
    called_then_gone_on_alone,
    held_then_cleared,
    held_then_referred,
    emergency_then_resolved,
    taken_to_a_doctor,
    booked_then_cancelled,
    handed_over,
    signed_in,
)


def _proved(said: dict[str, object]) -> Intake:
    now = timezone.now()
    account, _made = User.objects.get_or_create(email=EMAIL)
    draft = services.start_draft(browser=uuid.uuid4(), now=now)
    services.keep_answers(
        draft_id=draft.pk, answers=said, shown=list(said), born=answers.BORN, now=now
    )
    services.keep_about(draft_id=draft.pk, about=ABOUT, now=now)
    intake = services.submit(draft_id=draft.pk, by=None, now=now)
    return services.attach(intake_id=intake.pk, account=account, now=now)


def _decide(intake: Intake, kind: str) -> None:
    assert intake.case_id
    services.decide(
        case_id=intake.case_id,
        latest_seen=intake.pk,
        kind=kind,
        reason="I telephoned the lighthouse.",
        by=User.objects.create_user("doctor@example.com", is_chiropractor=True),
        now=timezone.now(),
    )


@dataclass
class Places:
    """Where a walk may have left words."""

    emails: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)


class AllWords(logging.Handler):
    """Every record as it was made, before any filter hides what it should never have held."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.__dict__}")


@pytest.fixture
def everything_logged() -> Iterator[list[str]]:
    handler, root = AllWords(), logging.getLogger()
    level = root.level
    root.handlers.insert(0, handler)  # the others' filters rewrite a record for all after them
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def places_after(
    fresh_database: TestDatabase, everything_logged: list[str], settings: Settings
) -> Callable[[Callable[[], None]], Places]:
    """What a walk left, after a mail server that refuses everything once."""

    def walk_and_gather(walk: Callable[[], None]) -> Places:
        letterbox = Letterbox()
        letterbox.refusals = [f"550 5.1.1 <{EMAIL}> is not here, said {GIVEN_NAME}"]
        with mail.mail_server(letterbox) as port:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
            walk()
            work()
            letterbox.refusals = []
            mail.let_time_pass()
            work()
        assert letterbox.mails
        assert not Message.objects.exclude(state=Message.State.SENT).exists()
        return Places(
            emails=[_all_of(arrived) for arrived in letterbox.mails],
            jobs=_rows("procrastinate_jobs") + _rows("procrastinate_events"),
            # What other tools of the tests say of themselves is not the clinic's log.
            logs=[line for line in everything_logged if not line.startswith("mail.")],
        )

    return walk_and_gather


def _all_of(arrived: EmailMessage) -> str:
    """Headers, text and attachments, decoded."""
    texts = map(mail.text_of, arrived.walk())
    return "\n".join([*(f"{name}: {value}" for name, value in arrived.items()), *texts])


def _rows(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return [str(row) for row in cursor.fetchall()]


def _planted_in(text: str) -> list[str]:
    return [what for what, words in PLANTED.items() if any(word in text for word in words)]


def _quoted() -> list[str]:
    """What the patient chose, as the reasons on their result page quote it."""
    return [
        label
        for finding in Finding.objects.all()
        for quote in finding.quotes
        for label in (quote["question"], *quote["labels"])
        if len(label) > 8
    ]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_an_email_says_a_name_a_time_and_a_place_and_nothing_else(walk, places_after):
    for email in places_after(walk).emails:
        assert _planted_in(email) == []
        assert [word for word in (*MEDICAL, *_quoted()) if word in email] == []


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_jobs_and_logs_name_nobody(walk, places_after):
    places = places_after(walk)
    assert places.jobs
    for text in places.jobs + places.logs:
        assert _planted_in(text) == [], text
        assert GIVEN_NAME not in text
        assert EMAIL not in text
        assert "428193" not in text
        assert [word for word in _quoted() if word in text] == [], text


def test_the_log_of_a_worker_process_names_nobody(
    fresh_database: TestDatabase, tmp_path: Path
) -> None:
    letterbox = Letterbox()
    letterbox.refusals = [f"550 5.1.1 <{EMAIL}> is not here, said {GIVEN_NAME}"]
    log = tmp_path / "worker.log"
    with mail.mail_server(letterbox) as port, Worker(fresh_database, port, log):
        held_then_cleared()
        mail.wait_until(lambda: Message.objects.filter(attempts=1).count() == 2)
    text = log.read_text()
    assert "send_message" in text
    assert "DeliveryFailed" in text
    assert _planted_in(text) == []
    assert GIVEN_NAME not in text
    assert EMAIL not in text


def test_the_search_finds_what_is_planted(places_after) -> None:
    """If it did not, every test above would prove nothing."""

    def careless() -> None:
        logging.getLogger("clinic").info("Booked for %s", ABOUT["family_name"])
        with transaction.atomic():
            messages.referred(to=EMAIL, name="Quillanda Brackwater", now=timezone.now())

    places = places_after(careless)
    assert any(_planted_in(text) for text in places.logs)
    assert any(_planted_in(email) for email in places.emails)
