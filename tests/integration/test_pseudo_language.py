"""Nothing a patient sees is hard-coded: every page and message, in a language of marks.

A new page or template fails `test_the_walk_reaches_…` until a stage below shows it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test.signals import template_rendered
from django.urls import get_resolver, reverse
from django.utils import timezone, translation
from time_machine import TimeMachineFixture

from clinic import half_days, limits, messages
from clinic.models import ClinicProfile, Message, ServiceTown, User
from intake import reports, services
from intake.exercises import LIBRARY
from intake.models import (
    Case,
    Clearance,
    Disposition,
    Handover,
    Intake,
    Report,
    ReviewDecision,
)
from intake.screens import ABOUT_SCREENS, SCREENS
from intake.services import give_exercises, revoke
from intake.services.referrals import follow
from intake.triage import Urgency
from scheduling.models import Appointment, Clinician, WaitlistEntry
from scheduling.plan import as_interval
from scheduling.services import close, expire_stale_holds, settle_offers, tell_patients
from scheduling.services import offer as offer_time
from scheduling.slots import State
from tests import answers, walking
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import ClearanceFactory, decided, held
from tests.factories.referrals import JPEG, PDF, letter_out, referred
from tests.factories.scheduling import NINE, NOW, book, done, hold
from tests.integration.test_access_matrix import routes
from tests.integration.test_intake_later import link, made_from
from tests.integration.test_short_form import answer_short, begin, full_intake
from tests.people import signed_in
from tests.wording import STAFF_ROUTES, pseudo, staff_template, staffs
from tests.wording.pseudo import Reader

pytestmark = pytest.mark.django_db

MINOR_BORN = answers.BORN.replace(year=2012)
NOW_20 = answers.BORN.replace(year=2006)
OWN_WORDS = "Garden."


class Walk:
    """The stages, each in a transaction of its own, and what they found."""

    def __init__(self, account: User) -> None:
        self.account = account
        # Their mail is in the language of marks too, whoever's doing it reports.
        User.objects.filter(pk=account.pk).update(language=pseudo.CODE)
        self.readers: list[Reader] = []
        self.templates: set[str] = set()

    def new(self) -> Reader:
        reader = Reader(known_data())
        self.readers.append(reader)
        return reader

    def signed_in(self) -> Reader:
        reader = self.new()
        signed_in(self.account, client=reader)
        return reader

    def read_the_mail(self) -> None:
        for message in Message.objects.all():
            if not staff_template(f"emails/{message.kind}.txt"):
                self.readers[-1].letter(message.subject, message.body, message.calendar)

    @property
    def leave(self) -> Clearance:
        return ClearanceFactory.create(patient=self.account.patients.get())

    @property
    def found(self) -> list[str]:
        return sorted({text for reader in self.readers for text in reader.found})

    @property
    def without_one_title(self) -> list[str]:
        """Pages that do not say once, in a heading, what they are about."""
        return sorted({page for reader in self.readers for page in reader.without_one_title})

    @property
    def pages(self) -> set[str]:
        return set().union(*(reader.pages for reader in self.readers))


def known_data() -> list[str]:
    """What is no text of ours: facts of the clinic, and what people typed."""
    clinic = ClinicProfile.current()
    return [
        clinic.name,
        clinic.address,
        str(clinic.email),
        *Clinician.objects.values_list("name", flat=True),
        *ServiceTown.objects.values_list("name", flat=True),
        *(
            "Ana Reyes",
            "Ana",
            "Reyes",
            "Rosa Reyes",
            "Rosa",
            "mother",
            "Leesburg",
            OWN_WORDS,
            "Latex",
        ),
        *("ana@example.com", "new@example.com", "nobody@example.com"),
    ]


# --- The stages -----------------------------------------------------------------------------------


def first_pages(walk: Walk) -> None:
    reader = walk.new()
    reader.get("/")
    reader.get("/privacy/")
    reader.get("/intake/", follow=True)
    walking.start(reader)
    reader.get("/")
    reader.get("/intake/", follow=True)
    reader.post("/intake/start-again/", follow=True)


# Opens each question that hangs on another, and is no emergency.
EVERY_FOLLOW_UP = {
    **answers.BOOK,
    "bladder_bowel": ["cannot_start"],
    "bladder_bowel_when": "old_known",
    "leg_pain": "hip",
    "numb": ["one_leg"],
    "neuro_change": "better",
    "sexual": "no",
    "injury": "yes",
    "injury_kind": "other",
    "injury_when": "over_12_weeks",
    "area": "neck",
    "neck_signs": "no",
    "duration": "over_12w",
    "morning": "no",
    "care": "over_4w",
    "care_result": "better",
    "pregnant": "maybe",
    "pregnant_warning": "no",
}


def every_screen(walk: Walk) -> None:
    """Blank, left unanswered, answered No to all, and gone back to."""
    reader, seen = walk.new(), set()
    walking.start(reader)
    response = reader.get("/intake/", follow=True)
    while slug := walking.slug_of(response):
        seen.add(slug)
        address = f"/intake/{slug}/"
        for sent in ({}, {"no_to_all": "1"}, {"back": "1"}):
            reader.post(address, sent, follow=True)
        born = walking.birth(answers.BORN) if slug == "date-of-birth" else {}
        asked = walking.BY_SLUG[slug].questions
        said = {id_: EVERY_FOLLOW_UP[id_] for id_ in asked if id_ in EVERY_FOLLOW_UP}
        response = reader.post(address, born | said, follow=True)
        assert walking.slug_of(response) != slug, walking.errors(response)
    # Only the young are asked for a guardian: see `a_minor`.
    assert {screen.slug for screen in SCREENS} - seen == {"parent-or-guardian"}


def birth_dates(walk: Walk) -> None:
    reader = walk.new()
    walking.start(reader)
    for month, day, year in (
        ("", "", ""), ("13", "40", "85"), ("2", "30", "1990"), ("1", "1", "2999"),
        ("1", "1", "1800"), ("123", "123", "12345"),
    ):  # fmt: skip
        reader.post(f"/intake/{SCREENS[0].slug}/", {"month": month, "day": day, "year": year})


# Refused on the page that asks for it; each is asked for once more, rightly, by what follows.
WRONG = [
    {},
    {"email": "ana@", "phone": "12", "emergency_phone": "1", "town": "99999", "payment": "x"},
    {"email": "anä@example.com", "given_name": "A" * 90, "town": "elsewhere"},
]
RIGHT = {"own_words": OWN_WORDS, "allergies": "Latex", "town": "elsewhere", "elsewhere": "Leesburg"}


def who_they_are(walk: Walk) -> None:
    reader = walk.new()
    walking.start(reader)
    walking.answer(reader, answers.BOOK)
    every_page_about_them(reader, RIGHT)
    reader.get("/intake/check/")
    reader.post("/intake/check/", follow=True)


def every_page_about_them(reader: Reader, said: dict[str, object]) -> None:
    """Refused, gone back from, and then as it should be."""
    for screen in ABOUT_SCREENS:
        response = walking.tell(reader, until=screen.slug, **said)
        page = walking.place(response)
        if page == "/intake/check/":
            return
        for wrong in WRONG:
            reader.post(page, {**walking.about(**wrong), **wrong} if wrong else {})
        reader.post(page, {"back": "1"}, follow=True)


def a_minor(walk: Walk) -> None:
    alone = walk.new()
    walking.start(alone)
    walking.answer(alone, {**answers.MINOR, "guardian": "no"}, born=MINOR_BORN)
    alone.get("/intake/parent-or-guardian/")
    alone.get("/intake/about-you/", follow=True)
    reader = walk.new()
    walking.start(reader)
    walking.answer(reader, answers.MINOR, born=MINOR_BORN)
    every_page_about_them(reader, walking.GUARDIAN)
    walking.tell(reader, **walking.GUARDIAN)
    reader.get("/intake/check/")


def the_code(walk: Walk) -> None:
    reader = walk.new()
    walking.start(reader)
    walking.answer(reader, answers.BOOK)
    walking.tell(reader)
    reader.post("/intake/check/", follow=True)
    reader.post("/intake/code/", {"code": "wrong"})
    reader.post("/intake/code/another/", {"email": "nobody@"})
    reader.post("/intake/code/another/", {"email": "nobody@example.com"}, follow=True)
    reader.post("/intake/code/another/", {}, follow=True)
    for _again in range(6):
        reader.post("/intake/code/", {"code": "wrong"})


def each_outcome(walk: Walk) -> None:
    for said in (answers.BOOK, answers.REFER, answers.CO_MANAGE, answers.XRAY_HOLD):
        with aside():
            reader = walk.new()
            response = walking.finish(reader, said)
            assert walking.place(response).startswith("/my/intakes/")
            reader.get("/my/visits/")


def outcomes_later(walk: Walk) -> None:
    """Looked at, sent to a doctor, overdue, too old, and held beside an earlier case."""
    record = walk.account.patients.get()
    reader = walk.signed_in()
    page = reverse("intake:result", args=[held(record, Disposition.REFER).pk])
    reader.get(page)
    reader.get("/my/visits/")
    for change in (
        {"state": Case.State.REFERRED},
        {"due_at": NOW + timedelta(days=1)},
        {"disposition": Disposition.EMERGENCY},
    ):
        with aside():
            Case.objects.update(**change)
            reader.get(page)
            reader.get("/my/visits/")


def decided_cases(walk: Walk) -> None:
    """Asked, answered wrong and right, decided meanwhile, closed, and sent to somebody by name."""
    account = walk.account
    reader = walk.signed_in()
    for kind in ("ASK", "REFER", "CLOSE"):
        with aside():
            whole = {**answers.REFER, "age": 38}
            leave = ClearanceFactory.create(patient=account.patients.get())
            said = held(leave.patient, Disposition.REFER, answers=whole)
            page = reverse("intake:result", args=[said.pk])
            decision = services.decide(
                case_id=said.case_id,
                latest_seen=said.pk,
                kind=kind,
                reason="Known to us.",
                by=StaffFactory.create(is_chiropractor=True),
                now=timezone.now(),
                **TERMS[kind],
            )
            reader.get(page)
            reader.get("/my/visits/")
            if kind == "ASK":
                asked = reverse("intake:asked", args=[decision.pk])
                reader.get(asked)
                reader.post(asked, {})
                with aside():
                    Case.objects.update(state=Case.State.OPEN)
                    reader.get(asked, follow=True)
                reader.get(f"/book/{leave.pk}/")
                answer = {"own_answer": account.email, "pregnant": "yes"}
                reader.post(asked, answer, follow=True)
                reader.post(asked, {**answer, "pregnant_warning": "no"}, follow=True)


TERMS: dict[str, dict[str, Any]] = {
    "ASK": {"questions": ["pregnant"], "own_question": "ana@example.com"},
    "REFER": {"refer_to": "ana@example.com", "refer_urgency": Urgency.IN_THREE_DAYS},
    "CLOSE": {},
}


def an_emergency(walk: Walk) -> None:
    reader = walk.new()
    walking.start(reader)
    walking.answer(reader, answers.EMERGENCY)
    reader.get("/intake/emergency/")
    reader.post("/intake/emergency/contact/", {"name": "Ana", "phone": "1"})
    reader.post(
        "/intake/emergency/contact/", {"name": "Ana", "phone": "(703) 555-0101"}, follow=True
    )
    reader.post("/intake/emergency/mistake/", follow=True)


def choosing(walk: Walk) -> None:
    reader, leave = walk.signed_in(), walk.leave
    choose = reverse("scheduling:choose", args=[leave.pk])
    reader.get("/my/visits/")
    reader.get(choose)
    reader.get(choose + "?week=2026-11-23")
    reader.get(choose + "?week=2027-11-23")
    reader.post(reverse("scheduling:hold", args=[leave.pk]), {"start": "noon"})
    hold(ClearanceFactory.create())
    reader.post(reverse("scheduling:hold", args=[leave.pk]), {"start": NINE.isoformat()})
    later = NINE + timedelta(hours=2)
    reader.post(
        reverse("scheduling:hold", args=[leave.pk]), {"start": later.isoformat()}, follow=True
    )
    reader.get(choose)
    reader.get("/my/visits/")


def the_waitlist(walk: Walk) -> None:
    reader, leave = walk.signed_in(), walk.leave
    wait = reverse("scheduling:wait", args=[leave.pk])
    reader.get(wait)
    reader.post(wait, {"half_days": "9-pm", "first_day": "soon", "last_day": "2020-01-01"})
    reader.post(wait, {"first_day": "2040-01-01", "note": "1" * 250})
    half_days_ticked = [half.key for half in half_days.WEEK if half.weekday < 5]
    reader.post(wait, {"half_days": half_days_ticked, "note": "Latex"}, follow=True)
    reader.post(wait, {"note": "Latex"}, follow=True)
    entry = WaitlistEntry.objects.get()
    page = reverse("scheduling:wishes", args=[entry.pk])
    off = reverse("scheduling:leave_waitlist", args=[entry.pk])
    reader.get(page)
    reader.get(off)
    [offer] = offer_time(start=NINE, by=None, now=NOW)
    reader.get("/my/visits/")
    shown = reverse("scheduling:offer", args=[offer.pk])
    decline = reverse("scheduling:decline_offer", args=[offer.pk])
    reader.get(shown)
    with aside():
        reader.post(shown, follow=True)
        reader.get(shown, follow=True)
    with aside():
        reader.post(decline, follow=True)
        reader.get(shown)
        reader.post(decline, follow=True)
        reader.post(shown)
    with aside():
        settle_offers(now=offer.expires_at)
        reader.get(shown)
        reader.post(decline, follow=True)
    with aside():
        ClinicProfile.objects.update(rescreen_days=1)
        reader.get(shown)
        reader.post(shown)
    with aside():
        ClinicProfile.objects.update(most_visits_patient=1)
        book(leave, NINE + timedelta(days=7))
        reader.post(shown)
    with aside():
        book(ClearanceFactory.create())
        reader.get(shown)
        reader.post(shown)
        settle_offers(now=NOW)
        reader.get(shown)
    with aside():
        held(leave.patient)
        reader.get(shown)
        reader.get(wait)
        reader.post(page, {})
    reader.post(off, follow=True)
    reader.get(off, follow=True)


def no_free_times(walk: Walk) -> None:
    reader, visit = walk.signed_in(), book(walk.leave)
    ClinicProfile.objects.update(minimum_notice_minutes=60 * 24 * 365)
    reader.get(reverse("scheduling:choose", args=[visit.clearance_id]))
    reader.get(reverse("scheduling:move", args=[visit.pk]))


def not_now(walk: Walk) -> None:
    reader, leave = walk.signed_in(), walk.leave
    choose = reverse("scheduling:choose", args=[leave.pk])
    with aside():
        revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=NOW)
        reader.get(choose)
    with aside():
        old = ClearanceFactory.create(patient=leave.patient, starts_at=NOW - timedelta(days=60))
        reader.get(reverse("scheduling:choose", args=[old.pk]))
        reader.get("/my/visits/")
    for change in (
        {},
        {"due_at": NOW + timedelta(hours=5)},
        {"state": Case.State.REFERRED},
    ):
        with aside():
            held(leave.patient)
            Case.objects.update(**change)
            revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=NOW)
            reader.get(choose)


def questions_first(walk: Walk) -> None:
    reader, leave = walk.signed_in(), walk.leave
    visit = book(leave)
    ClinicProfile.objects.update(rescreen_days=1)
    choose = reverse("scheduling:choose", args=[leave.pk])
    reader.get(choose)
    reader.post(reverse("scheduling:hold", args=[leave.pk]), {"start": NINE.isoformat()})
    reader.get(reverse("scheduling:move", args=[visit.pk]))
    reader.get(reverse("scheduling:has_anything_changed", args=[visit.pk]))
    visits_own_page = reverse("scheduling:visit", args=[visit.pk])
    reader.get(visits_own_page)
    full_intake(
        leave.patient,
        submitted_at=NOW - timedelta(hours=1),
        details={"medicines": "Latex", "allergies": "Latex", "payment": "self"},
    )
    for then in (choose, visits_own_page, visits_own_page + "move/"):
        reader.post(reverse("intake:next_form", args=[leave.patient_id]), {"then": then})
        answer_short(reader, reader.get("/intake/", follow=True))
        reader.post("/intake/changes/", {"medicines": "", "allergies": ""}, follow=True)


def a_hold_that_ran_out(walk: Walk) -> None:
    reader, kept = walk.signed_in(), hold(walk.leave)
    reader.get(reverse("scheduling:confirm", args=[kept.pk]))
    Appointment.objects.filter(pk=kept.pk).update(hold_expires_at=NOW - timedelta(minutes=1))
    reader.get(reverse("scheduling:confirm", args=[kept.pk]))
    expire_stale_holds(now=NOW)
    reader.get(reverse("scheduling:visit", args=[kept.pk]))
    reader.post(reverse("scheduling:confirm", args=[kept.pk]))


def a_visit(walk: Walk) -> None:
    reader, leave = walk.signed_in(), walk.leave
    kept = hold(leave)
    page = reverse("scheduling:visit", args=[kept.pk])
    reader.get(page, follow=True)
    reader.post(reverse("scheduling:confirm", args=[kept.pk]), {"seen": 1}, follow=True)
    reader.get(reverse("scheduling:calendar", args=[kept.pk]))
    move = reverse("scheduling:move", args=[kept.pk])
    wished = (NINE + timedelta(hours=1)).isoformat()
    reader.get(move)
    reader.get(move, {"start": "noon"})
    reader.get(move, {"start": wished})
    reader.post(move, {"start": (NINE + timedelta(hours=12)).isoformat(), "seen": 2})
    reader.post(move, {"start": wished, "seen": 1})
    reader.post(move, {"start": wished, "seen": 2}, follow=True)
    reader.get("/my/visits/")
    reader.get(reverse("scheduling:choose", args=[leave.pk]))
    reader.get(reverse("scheduling:cancel", args=[kept.pk]))
    reader.post(reverse("scheduling:cancel", args=[kept.pk]), {"seen": 2})
    reader.post(reverse("scheduling:cancel", args=[kept.pk]), {"seen": 3}, follow=True)
    reader.post(reverse("scheduling:cancel", args=[kept.pk]), {"seen": 3})
    reader.get(page)


def an_appointment_card(walk: Walk) -> None:
    """The desk prints it, and the patient reads it: one visit, and several."""
    reader, leave = walk.new(), walk.leave
    signed_in(StaffFactory.create(name="Ana Reyes", is_desk=True), client=reader)
    visit = book(leave)
    book(leave, NINE + timedelta(days=7))
    reader.get(reverse("desk:card", args=[leave.patient_id]))
    reader.get(reverse("desk:card_of_visit", args=[leave.patient_id, visit.pk]))


def visits_in_every_state(walk: Walk) -> None:
    reader, leave = walk.signed_in(), walk.leave
    visit = book(leave)
    with aside():
        done(leave, NINE + timedelta(hours=1))
        reader.get("/my/visits/")
    # By hand, each from where it may come; held and expired ones are shown by the stages above.
    for state in [state for state in State if state not in (State.HELD, State.EXPIRED)]:
        with aside():
            before = [State.IN_ROOM] if state is State.DONE else []
            for each in (*before, state):
                Appointment.objects.filter(pk=visit.pk).update(state=each)
            reader.get(reverse("scheduling:visit", args=[visit.pk]))
            reader.get(reverse("scheduling:cancel", args=[visit.pk]), follow=True)
            reader.get("/my/visits/")


def signing_in(walk: Walk) -> None:
    reader = walk.new()
    reader.get("/sign-in/")
    reader.get("/my/visits/", follow=True)
    for email in ("", "ana@", "anä@example.com"):
        reader.post("/sign-in/", {"email": email})
    reader.post("/sign-in/", {"email": walk.account.email}, follow=True)
    reader.post("/sign-in/code/", {"code": ""})
    reader.post("/sign-in/code/", {"code": "wrong"})
    reader.post("/sign-in/another-code/", follow=True)
    reader.post("/sign-in/code/", {"code": walking.emailed_code()}, follow=True)
    reader.post("/sign-out/", follow=True)
    reader.post("/sign-in/", {"email": walk.account.email}, follow=True)
    for _again in range(6):
        reader.post("/sign-in/code/", {"code": "wrong"}, follow=True)
    stranger = walk.new()
    stranger.get("/my/visits/", follow=True)
    nobody = walk.signed_in()
    PatientFactory.create(account=walk.account)
    walk.account.patients.all().update(account=None)
    nobody.get("/my/visits/")


def refusals(walk: Walk) -> None:
    reader = walk.signed_in()
    reader.get("/no/such/page/")
    reader.get(reverse("intake:start"))
    reader.get(reverse("desk:visits"))
    reader.get(reverse("scheduling:visit", args=[uuid4()]))
    strict = walk.new()
    strict.handler.enforce_csrf_checks = True
    strict.post("/intake/start/")
    walk.new().get("/", headers={"host": "elsewhere.example.org"})
    hurried = walk.new()
    for _again in range(limits.INTAKES_BY_ADDRESS.times + 1):
        walking.start(hurried)
    with translation.override(pseudo.CODE):
        from clinic.views.errors import server_error

        walk.new().look_at(server_error(None), "the page of a broken server")


def a_held_page(walk: Walk) -> None:
    """The page for their doctor, and the times that would suit."""
    reader = walk.new()
    walking.finish(reader, answers.REFER, own_words=OWN_WORDS, allergies="Latex")
    intake = Intake.objects.get()
    for address in ("summary", "summary_pdf"):
        reader.get(reverse(f"intake:{address}", args=[intake.pk]))
    times = reverse("intake:wish_times", args=[intake.pk])
    for sent in ({}, {"half_days": "x"}, {"note": "1" * 300}):
        reader.post(times, sent, follow=True)
    offered = [half.key for half in half_days.WEEK]
    reader.post(times, {"half_days": offered, "note": OWN_WORDS}, follow=True)
    reader.get(reverse("intake:result", args=[intake.pk]))


def home_exercises(walk: Walk) -> None:
    """None yet, given, and to wait with."""
    reader, record = walk.signed_in(), walk.account.patients.get()
    page = reverse("intake:exercises", args=[record.pk])
    reader.get(page)
    doctor = StaffFactory.create(is_chiropractor=True)
    every_one = {each.id: each.dose for each in LIBRARY}
    give_exercises(
        patient_id=record.pk, chosen=every_one, note=OWN_WORDS, latest_seen=None, by=doctor, now=NOW
    )
    reader.get(page)
    reader.get("/my/visits/")
    reader.get(reverse("intake:exercises_pdf", args=[record.pk]))
    held(record)
    reader.get(page)


def sent_to_a_doctor(walk: Walk) -> None:
    """The letter, the report, and each way a file is refused."""
    reader = walk.new()
    walking.finish(reader, answers.REFER)
    doctor = StaffFactory(is_chiropractor=True, name="Dr. Jonathan Solomon")
    referral = referred(Intake.objects.get(), by=doctor)
    page = reverse("intake:referral", args=[referral.pk])
    reader.get(reverse("intake:result", args=[Intake.objects.get().pk]))
    reader.get(page)
    reader.get(page + "letter.pdf", follow=True)
    letter_out(referral, by=doctor, to_name="Rosa Reyes")
    reader.get(page)
    reader.get(page + "letter.pdf")
    for name, content in (
        ("report.pdf", b""),
        ("report.pdf", b"MZ"),
        ("report.pdf", b"0" * (reports.MOST_BYTES + 1)),
        ("a..b.pdf", PDF),
    ):
        reader.post(page + "report/", {"report": SimpleUploadedFile(name, content)})
    reader.post(page + "report/")
    with aside():
        reader.post(page + "seen/", follow=True)
    reader.post(page + "report/", {"report": SimpleUploadedFile("Latex", PDF)}, follow=True)
    reader.get(reverse("intake:report", args=[Report.objects.get().pk]))
    decided(Intake.objects.get(), "CLEAR", by=doctor, at=timezone.now())
    Case.objects.update(state=Case.State.CLEARED, resolved_at=timezone.now())
    follow(ReviewDecision.objects.get(kind="CLEAR"), now=timezone.now())
    reader.get(page)
    for path in ("report/", "seen/"):
        file = {"report": SimpleUploadedFile("Latex", JPEG)}
        reader.post(page + path, file, follow=True)


def finishing_later(walk: Walk) -> None:
    reader = walk.new()
    walking.start(reader)
    reader.post("/intake/date-of-birth/", walking.birth(answers.BORN))
    reader.get("/intake/save/")
    reader.get("/intake/start-again/")
    for email in ("", "ana@", "ana@example.com"):
        reader.post("/intake/save/", {"email": email}, follow=True)
    for code in ("", "wrong", walking.emailed_code()):
        reader.post("/intake/save/code/", {"code": code}, follow=True)
    reader.get("/intake/saved/")
    reader.get("/")
    path = link()
    elsewhere = walk.new()
    elsewhere.get(path)
    elsewhere.post(path, follow=True)
    for code in ("", "wrong", walking.emailed_code()):
        elsewhere.post(f"{path}code/", {"code": code}, follow=True)
    walk.new().get("/intake/go-on/made-up/")


def two_tabs(walk: Walk) -> None:
    reader = walk.new()
    walking.start(reader)
    answered_twice(reader, "/intake/date-of-birth/", *map(walking.birth, (answers.BORN, NOW_20)))
    for slug, first, second in (
        ("bladder-and-bowels", {"bladder_bowel": "none"}, {"bladder_bowel": "not_sure"}),
        ("seat-and-legs", {"saddle": "no", "leg_pain": "no"}, {"saddle": "no", "leg_pain": "hip"}),
    ):
        answered_twice(reader, f"/intake/{slug}/", first, second)
    whole = walk.new()
    walking.start(whole)
    walking.answer(whole, answers.BOOK)
    anna, ana = walking.about(given_name="Rosa"), walking.about()
    answered_twice(whole, walking.ABOUT, anna, ana)
    walking.tell(whole)
    older = made_from(whole, "/intake/check/")
    whole.post("/intake/care/", {"care": "under_4w"}, follow=True)
    whole.post("/intake/care-result/", {"care_result": "better"}, follow=True)
    whole.post("/intake/check/", {"made_from": older}, follow=True)
    whole.post("/intake/start-again/", follow=True)
    walking.start(whole)
    whole.post("/intake/date-of-birth/", {"made_from": older}, follow=True)


def answered_twice(
    reader: Reader, page: str, first: dict[str, object], second: dict[str, object]
) -> None:
    older = made_from(reader, page)
    reader.post(page, first)
    reader.post(page, {**second, "made_from": older}, follow=True)
    reader.post(page, first)


def the_short_form(walk: Walk) -> None:
    reader, record = walk.signed_in(), walk.account.patients.get()
    full_intake(record, details={"medicines": "Latex", "allergies": "Latex", "payment": "self"})
    page, _put = answer_short(reader, begin(reader, record))
    assert walking.place(page) == "/intake/changes/"
    reader.post("/intake/changes/", {"medicines": "1" * 3000})
    reader.post("/intake/changes/", {"medicines": "", "allergies": ""}, follow=True)
    reader.get("/my/visits/")
    held(record)
    reader.post(reverse("intake:next_form", args=[record.pk]), follow=True)


def an_own_account(walk: Walk) -> None:
    """Somebody grown up leaves their family's."""
    reader, record = walk.signed_in(), walk.account.patients.get()
    page = reverse("intake:own_account", args=[record.pk])
    reader.get(page)
    for email in ("", "ana@", walk.account.email, "new@example.com"):
        reader.post(page, {"email": email}, follow=True)
    own = User.objects.get(email="new@example.com")
    newcomer = walk.new()
    signed_in(own, client=newcomer)
    take = reverse("intake:take_over", args=[Handover.objects.get().pk])
    newcomer.get(take)
    for born in ({}, {"month": "1", "day": "1", "year": "1990"}, walking.birth(record.born)):
        newcomer.post(take, born, follow=True)
    newcomer.get(take, follow=True)


def a_closed_time(walk: Walk) -> None:
    reader, leave = walk.signed_in(), walk.leave
    visit = book(leave)
    closed = close(during=as_interval(visit.visit), reason="Away", by=None, now=NOW)
    tell_patients(closure_id=closed.closure.pk, by=StaffFactory.create(is_desk=True), now=NOW)
    reader.get("/my/visits/")
    reader.get(reverse("scheduling:visit", args=[visit.pk]))
    reader.get(reverse("scheduling:move", args=[visit.pk]))


def messages_to_patients(walk: Walk) -> None:
    """Every kind there is, with all it may say."""
    walk.new()
    visit = book(walk.leave)
    now, to, name = timezone.now(), "ana@example.com", "Ana"
    with translation.override(pseudo.CODE):
        messages.code(to=to, code="123456", now=now)
        messages.no_account(to=to, now=now)
        messages.address_changed(to=to, staff=False, now=now)
        messages.booked(
            to=to,
            name=name,
            visit_id=visit.pk,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            now=now,
        )
        messages.booked_series(
            to=to, name=name, visits=[(visit.pk, visit.starts_at, visit.ends_at)], now=now
        )
        messages.clinic_closed(
            to=to, name=name, visit_id=visit.pk, starts_at=visit.starts_at, now=now
        )
        messages.moved(
            to=to,
            name=name,
            visit_id=visit.pk,
            moved_from=now,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            now=now,
        )
        messages.cancelled(to=to, name=name, starts_at=visit.starts_at, now=now)
        messages.suspended(to=to, name=name, starts_at=visit.starts_at, until=now, now=now)
        messages.released(to=to, name=name, starts_at=visit.starts_at, now=now)
        messages.offered(
            to=to, name=name, offer_id=visit.pk, starts_at=visit.starts_at, until=now, now=now
        )
        messages.offer_gone(to=to, name=name, starts_at=visit.starts_at, now=now)
        messages.held(to=to, name=name, now=now)
        messages.held(to=to, name=name, now=now, due_at=now)
        messages.cleared(to=to, name=name, clearance_id=visit.clearance_id, now=now)
        messages.referred(to=to, name=name, now=now)
        messages.asked(to=to, name=name, decision_id=visit.pk, now=now)
        messages.closed(to=to, name=name, now=now)
        messages.start_again(to=to, name=name, now=now)
        messages.handed_over(to=to, link="/intake/go-on/key/", until=now, now=now)


STAGES: list[Callable[[Walk], None]] = [
    first_pages,
    every_screen,
    birth_dates,
    who_they_are,
    a_minor,
    the_code,
    each_outcome,
    outcomes_later,
    decided_cases,
    an_emergency,
    choosing,
    the_waitlist,
    no_free_times,
    not_now,
    questions_first,
    a_hold_that_ran_out,
    a_visit,
    a_closed_time,
    an_appointment_card,
    visits_in_every_state,
    signing_in,
    refusals,
    a_held_page,
    home_exercises,
    sent_to_a_doctor,
    finishing_later,
    two_tabs,
    the_short_form,
    an_own_account,
    messages_to_patients,
]


@contextmanager
def aside() -> Iterator[None]:
    """What is changed inside is as it was afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def taken(account: User, stages: list[Callable[[Walk], None]]) -> Walk:
    walk = Walk(account)

    def note(template: Any, **_more: Any) -> None:
        if template.name:
            walk.templates.add(template.name)

    template_rendered.connect(note)
    try:
        with pseudo.spoken():
            for stage in stages:
                with aside():
                    stage(walk)
                    walk.read_the_mail()
    finally:
        template_rendered.disconnect(note)
    return walk


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


def test_nothing_a_patient_sees_is_hard_coded(patient):
    walk = taken(patient, STAGES)
    assert walk.found == [], "\n".join(["Outside every translation:", *walk.found])
    assert walk.without_one_title == []
    unseen = {name for name in patient_routes() if name not in walk.pages}
    assert not unseen, f"show these pages in a stage above: {sorted(unseen)}"
    unread = {name for name in patient_templates() if name not in walk.templates}
    assert not unread, f"show these templates in a stage above: {sorted(unread)}"


def patient_routes() -> set[str]:
    return {name for name, _ in routes(get_resolver()) if not staffs(name, STAFF_ROUTES)}


def patient_templates() -> set[str]:
    root = settings.BASE_DIR / "templates"
    names = {str(path.relative_to(root)) for path in root.rglob("*.*")}
    return {name for name in names if not staff_template(name)}


# --- The reader finds what is planted -------------------------------------------------------------


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Hard-coded</p>",
        "<p>⟦Good⟧ and hard-coded</p>",
        '<img alt="Hard-coded">',
        '<button aria-label="Hard-coded">⟦Good⟧</button>',
        '<input type="submit" value="Hard-coded">',
        '<meta name="description" content="Hard-coded">',
        '<p data-words="{minutes} left"></p>',
        "<title>⟦Good⟧ | Hard-coded</title>",
        "<p>⟦With ⟧Anabel</p>",
    ],
)
def test_a_planted_text_is_found(planted):
    assert pseudo.read(planted).unmarked(["Ana"])


@pytest.mark.parametrize(
    "clean",
    [
        "<p>⟦We sent an email to <strong>⟧ana@example.com⟦</strong>. Type it.⟧</p>",
        "<p>⟦⟦Tue⟧, ⟦Nov⟧ 10 at 9:00 ⟦AM⟧⟧</p>",
        '<button lang="es">Español</button>',
        '<script src="x.js"></script><style>p { color: red }</style>',
        '<input type="hidden" value="refer"><p data-countdown="600">10</p>',
        "<p>⟦For ⟧Ana, 911</p>",
    ],
)
def test_marked_text_and_data_are_not(clean):
    assert not pseudo.read(clean).unmarked(["Ana", "ana@example.com"])


def test_what_is_put_into_a_sentence_is_looked_at_by_itself():
    assert pseudo.marked("Hello %(name)s, %(n)d left") == "⟦Hello ⟧%(name)s, %(n)d⟦ left⟧"
    assert pseudo.marked('See <a href="%(url)s">this</a>') == '⟦See ⟧<a href="%(url)s">⟦this⟧</a>'
    assert pseudo.marked("%(a)s, %(b)s") == "%(a)s, %(b)s"


def test_a_page_that_says_something_in_english_only_is_found(patient, monkeypatch):
    monkeypatch.setattr("intake.views.privacy.render", lambda *_given: planted_page())
    assert taken(patient, [first_pages]).found == ["200 /privacy/: 'Planted words'"]


@pytest.mark.parametrize("titles", [0, 2])
def test_a_page_without_its_one_title_is_found(patient, monkeypatch, titles):
    page = f"<html><body>{'<h1>⟦Good⟧</h1>' * titles}</body></html>"
    monkeypatch.setattr("intake.views.privacy.render", lambda *_given: HttpResponse(page))
    assert taken(patient, [first_pages]).without_one_title == [f"200 /privacy/: {titles}"]


def planted_page() -> HttpResponse:
    return HttpResponse("<html><body><h1>Planted words</h1></body></html>")
