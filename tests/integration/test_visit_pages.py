"""Confirm, see, move and cancel a visit, and My visits: what each shows, does and refuses."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries
from time_machine import TimeMachineFixture

from clinic.models import AuditEntry, Message, User
from intake.models import Case, Clearance, Patient
from intake.services import revoke
from scheduling import services
from scheduling.models import Appointment, StatusChange
from scheduling.slots import Interval, State
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import ClearanceFactory, held
from tests.factories.scheduling import NINE, NOW, book, done, hold, state_of
from tests.people import signed_in

pytestmark = pytest.mark.django_db

TEN = NINE + timedelta(hours=1)
NEXT_WEEK = NINE + timedelta(days=7)
VISITS = "/my/visits/"


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def record(patient: User) -> Patient:
    return patient.patients.get()


@pytest.fixture
def leave(record: Patient) -> Clearance:
    return ClearanceFactory(patient=record)


def at(name: str, visit: Appointment) -> str:
    return reverse(f"scheduling:{name}", args=[visit.pk])


def version(visit: Appointment) -> int:
    return Appointment.objects.values_list("version", flat=True).get(pk=visit.pk)


def sent(visit: Appointment, start: datetime | None = None) -> dict[str, str]:
    """What the form of the visit's page, opened now, sends."""
    return {"seen": str(version(visit)), **({"start": start.isoformat()} if start else {})}


def text(response) -> str:
    """What a person reads, without the markup."""
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def offered(response) -> list[str]:
    return re.findall(r'name="start" value="([^"]+)"', response.content.decode())


class TestConfirm:
    def test_shows_the_held_time_and_until_when(self, patient_client, leave):
        page = text(patient_client.get(at("confirm", hold(leave))))
        assert "Tue, Nov 10 at 9:00 AM" in page
        assert "Ana Reyes" in page
        assert "New patient exam, 45 minutes" in page
        assert "We keep this time for you until 6:10 PM." in page

    def test_confirming_books_and_says_so(self, patient_client, leave):
        kept = hold(leave)
        answer = patient_client.post(at("confirm", kept), sent(kept), follow=True)
        assert answer.redirect_chain == [(at("visit", kept), 302)]
        assert "The visit is booked. We sent you an email with the details." in text(answer)
        assert state_of(kept.pk) == State.BOOKED
        assert Message.objects.get(kind="booked").recipient == "ana@example.com"

    def test_pressing_twice_books_once(self, patient_client, leave):
        kept = hold(leave)
        for _ in range(2):
            assert patient_client.post(at("confirm", kept), sent(kept)).status_code == 302
        assert Message.objects.filter(kind="booked").count() == 1

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("swept", [False, True], ids=["not yet swept", "swept"])
    def test_a_hold_that_ran_out_leads_to_fresh_times(
        self, patient_client, leave, time_machine, method, swept
    ):
        kept = hold(leave)
        time_machine.move_to(NOW + timedelta(minutes=10), tick=False)
        if swept:
            services.expire_stale_holds(now=NOW + timedelta(minutes=10))
        answer = getattr(patient_client, method)(at("confirm", kept))
        assert answer.status_code == 409
        assert "The time we kept for you ran out. Please choose a time again." in text(answer)
        assert offered(answer)[0] == NINE.isoformat()
        assert state_of(kept.pk) != State.BOOKED

    def test_revoked_meanwhile_says_what_is_next(self, patient_client, leave):
        kept = hold(leave)
        revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=NOW)
        answer = patient_client.post(at("confirm", kept), sent(kept))
        assert answer.status_code == 409
        assert not offered(answer)
        assert "This link no longer leads to free times" in text(answer)

    def test_a_booked_visit_has_nothing_to_confirm(self, patient_client, leave):
        visit = book(leave)
        assert patient_client.get(at("confirm", visit)).headers["Location"] == at("visit", visit)


class TestVisit:
    def test_says_who_when_where_and_what_to_bring(self, patient_client, leave):
        page = text(patient_client.get(at("visit", book(leave))))
        for words in (
            "Booked",
            "Tue, Nov 10 at 9:00 AM",
            "Ana Reyes",
            "New patient exam, 45 minutes",
            "Dr. Jonathan Solomon",
            "123 Example Plaza, Ashburn, VA 20147",
            "(703) 555-0142",
            "What to bring",
            "Add to calendar",
            "Choose another time",
            "Cancel this visit",
        ):
            assert words in page

    def test_a_held_time_is_not_yet_a_visit(self, patient_client, leave):
        kept = hold(leave)
        assert patient_client.get(at("visit", kept)).headers["Location"] == at("confirm", kept)

    def test_suspended_says_not_to_come(self, patient_client, leave):
        visit = book(leave)
        revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=NOW)
        page = text(patient_client.get(at("visit", visit)))
        assert "Please do not come until you hear from us." in page
        assert "Choose another time" not in page
        assert "Cancel this visit" in page

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            (State.CANCELLED, "This visit is off."),
            (State.NO_SHOW, "This visit did not take place."),
            (State.EXPIRED, "This time was not confirmed, so it is not booked."),
            (State.RELEASED, "Do not come at this time."),
        ],
    )
    def test_what_is_over_says_so_and_offers_nothing(self, patient_client, leave, state, words):
        visit = hold(leave) if state is State.EXPIRED else book(leave)
        Appointment.objects.filter(pk=visit.pk).update(state=state)
        page = text(patient_client.get(at("visit", visit)))
        assert words in page
        assert "Cancel this visit" not in page
        assert "Add to calendar" not in page

    def test_a_visit_that_took_place_says_so(self, patient_client, leave):
        visit = done(leave, NINE - timedelta(days=1))
        assert "This visit is over." in text(patient_client.get(at("visit", visit)))

    def test_yesterdays_visit_cannot_be_changed(self, patient_client, leave, time_machine):
        visit = book(leave)
        time_machine.move_to(NINE + timedelta(days=1), tick=False)
        assert "This visit is over." in text(patient_client.get(at("visit", visit)))
        for page in ("cancel", "move"):
            assert patient_client.get(at(page, visit)).headers["Location"] == at("visit", visit)
        answer = patient_client.post(at("cancel", visit), sent(visit))
        assert answer.status_code == 409
        assert "This visit's time has come" in text(answer).replace("&#x27;", "'")
        answer = patient_client.post(at("move", visit), sent(visit, NEXT_WEEK))
        assert answer.status_code == 409

    def test_the_calendar_file(self, patient_client, leave):
        visit = book(leave)
        answer = patient_client.get(at("calendar", visit))
        assert answer.headers["Content-Type"].startswith("text/calendar")
        assert 'filename="visit.ics"' in answer.headers["Content-Disposition"]
        assert "no-store" in answer.headers["Cache-Control"]
        event = Calendar.from_ical(answer.content).walk("VEVENT")[0]
        assert event["dtstart"].dt == NINE
        assert event["dtend"].dt == NINE + timedelta(minutes=45)
        assert str(event["url"]).endswith(at("visit", visit))
        mailed = Message.objects.get(kind="booked").calendar
        assert Calendar.from_ical(mailed).walk("VEVENT")[0]["uid"] == event["uid"]

    def test_there_is_no_file_of_what_is_not_booked(self, patient_client, leave):
        assert patient_client.get(at("calendar", hold(leave))).status_code == 404


class TestCancel:
    def test_asks_then_cancels(self, patient_client, leave):
        visit = book(leave, NEXT_WEEK)
        page = text(patient_client.get(at("cancel", visit)))
        assert "Cancel this visit? When Tue, Nov 17 at 9:00 AM" in page
        assert "late" not in page
        assert state_of(visit.pk) == State.BOOKED

        answer = patient_client.post(at("cancel", visit), sent(visit), follow=True)
        assert answer.redirect_chain == [(VISITS, 302)]
        assert "The visit on Tue, Nov 17 at 9:00 AM is cancelled." in text(answer)
        assert state_of(visit.pk) == State.CANCELLED
        assert not StatusChange.objects.get(after=State.CANCELLED).is_late

    def test_inside_the_window_it_is_allowed_and_said_to_be_late(self, patient_client, leave):
        visit = book(leave)
        page = text(patient_client.get(at("cancel", visit)))
        assert "less than 24 hours away. You can still cancel it; we note that it was late." in page
        patient_client.post(at("cancel", visit), sent(visit))
        assert StatusChange.objects.get(after=State.CANCELLED).is_late

    def test_a_time_the_clinic_has_closed_is_never_late(self, patient_client, leave):
        visit = book(leave)
        services.close(during=Interval(NINE, TEN), reason="Away", by=None, now=NOW)
        assert "it was late" not in text(patient_client.get(at("cancel", visit)))
        patient_client.post(at("cancel", visit), sent(visit))
        assert not StatusChange.objects.get(after=State.CANCELLED.value).is_late

    def test_twice_is_once(self, patient_client, leave):
        visit = book(leave)
        for _ in range(2):
            assert patient_client.post(at("cancel", visit), sent(visit)).status_code == 302
        assert Message.objects.filter(kind="cancelled").count() == 1

    def test_a_suspended_visit_may_be_cancelled(self, patient_client, leave):
        visit = book(leave)
        revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=NOW)
        patient_client.post(at("cancel", visit), sent(visit))
        assert state_of(visit.pk) == State.CANCELLED


class TestMove:
    def test_list_question_done(self, patient_client, leave):
        visit = book(leave)
        page = patient_client.get(at("move", visit))
        assert "Now: Tue, Nov 10 at 9:00 AM. You keep this time until you have another." in text(
            page
        )
        assert TEN.isoformat() in offered(page)
        assert NINE.isoformat() not in offered(page), "the time it has is no other time"
        assert (NINE + timedelta(minutes=10)).isoformat() in offered(page), "not in its own way"

        page = patient_client.get(at("move", visit), {"start": TEN.isoformat()})
        assert "Move this visit?" in text(page)
        assert "New time Tue, Nov 10 at 10:00 AM" in text(page)
        assert Appointment.objects.get().starts_at == NINE, "a look moves nothing"

        answer = patient_client.post(at("move", visit), sent(visit, TEN), follow=True)
        assert "Your visit is now on Tue, Nov 10 at 10:00 AM." in text(answer)
        moved = Appointment.objects.get()
        assert (moved.pk, moved.starts_at, moved.state) == (visit.pk, TEN, State.BOOKED)

    def test_the_old_time_is_kept_when_the_new_one_is_gone(self, patient_client, leave):
        visit = book(leave)
        book(ClearanceFactory(), TEN)
        answer = patient_client.post(at("move", visit), sent(visit, TEN))
        assert answer.status_code == 409
        assert "That time has just been taken." in text(answer)
        assert TEN.isoformat() not in offered(answer)
        assert Appointment.objects.get(pk=visit.pk).starts_at == NINE

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("junk", ["", "x", "9999-12-31T23:59:59+00:00"])
    def test_junk_gets_a_sentence(self, patient_client, leave, method, junk):
        visit = book(leave)
        answer = getattr(patient_client, method)(at("move", visit), {"start": junk})
        assert answer.status_code == 400
        assert "Please choose one of the times on this page." in text(answer)
        assert offered(answer)

    def test_without_a_time_left_under_the_clearance_one_is_told_to_call(
        self, patient, leave, time_machine
    ):
        visit = book(leave, leave.ends_at.replace(hour=14, minute=0))
        time_machine.move_to(visit.starts_at - timedelta(minutes=5), tick=False)
        page = signed_in(patient).get(at("move", visit))
        assert page.status_code == 200
        assert not offered(page)
        assert "Call us at (703) 555-0142" in text(page)

    def test_a_suspended_visit_is_not_moved(self, patient_client, leave):
        visit = book(leave)
        revoke(clearance_id=leave.pk, because="Looked again.", by=None, now=NOW)
        assert patient_client.get(at("move", visit)).headers["Location"] == at("visit", visit)
        answer = patient_client.post(at("move", visit), sent(visit, TEN))
        assert answer.status_code == 409


class TestMyVisits:
    def test_an_account_without_anybody_is_told_how_to_start(self):
        page = signed_in(AccountFactory()).get(VISITS)
        assert "No visits yet" in text(page)

    def test_cleared_and_not_booked(self, patient_client, leave):
        page = patient_client.get(VISITS)
        assert "May book up to Fri, Dec 4 No visit is booked. Choose a time" in text(page)
        assert f"/book/{leave.pk}/" in page.content.decode()

    def test_next_and_past(self, patient_client, leave):
        done(leave, NINE - timedelta(days=1))
        book(leave, NINE)
        page = text(patient_client.get(VISITS))
        coming, past = page.split("Past visits")
        assert "Tue, Nov 10 at 9:00 AM" in coming
        assert "Book another visit" in coming
        assert "Mon, Nov 9 at 9:00 AM New patient exam, 45 minutes Done" in past

    def test_nobody_is_led_to_book_their_first_visit_twice(self, patient_client, leave):
        kept = hold(leave)
        assert "Book another visit" in text(patient_client.get(VISITS)), "not booked yet"
        services.confirm(appointment_id=kept.pk, by=None, now=NOW)
        page = patient_client.get(VISITS)
        assert "After this first visit you can book the next one here." in text(page)
        assert f'href="/book/{leave.pk}/"' not in page.content.decode()

    def test_a_time_that_is_closed_now_is_warned_of_until_it_is_open_again(
        self, patient_client, leave
    ):
        shut, stands = book(leave), book(leave, NEXT_WEEK)
        said = "The clinic is closed at this time now. Choose another time, or take the one"
        around = Interval(NINE, TEN)
        closed = services.close(during=around, reason="Away", by=None, now=NOW).closure
        assert text(patient_client.get(VISITS)).count(said) == 1
        page = text(patient_client.get(at("visit", shut)))
        assert said in page
        assert "You keep this time" not in page
        assert "Choose another time" in page
        assert said not in text(patient_client.get(at("visit", stands)))
        services.reopen(closure_id=closed.pk, as_seen=around, by=None, now=NOW)
        assert said not in text(patient_client.get(VISITS))
        assert said not in text(patient_client.get(at("visit", shut)))

    def test_a_held_time_asks_to_be_confirmed(self, patient_client, leave):
        hold(leave)
        assert "Tue, Nov 10 at 9:00 AM" in text(patient_client.get(VISITS))
        assert "Kept for you" in text(patient_client.get(VISITS))

    def test_times_held_and_done_without_are_not_listed(self, patient_client, leave):
        hold(leave, NINE)
        kept = hold(leave, TEN)
        services.confirm(appointment_id=kept.pk, by=None, now=NOW)
        services.cancel(appointment_id=kept.pk, by=None, now=NOW)
        page = text(patient_client.get(VISITS))
        assert "at 9:00 AM" not in page
        assert "10:00 AM New patient exam, 45 minutes Cancelled" in page

    def test_held_says_by_when_and_leads_to_what_to_do(self, patient_client, leave, record):
        intake = held(record)
        Case.objects.filter(pk=intake.case_id).update(due_at=NINE)
        page = patient_client.get(VISITS)
        assert (
            "We are looking at your answers. You will hear from us by Tue, Nov 10 at 9:00 AM."
            in (text(page))
        )
        assert f"/my/intakes/{intake.pk}/" in page.content.decode()
        assert "Choose a time" not in text(page)

    def test_sent_to_a_doctor(self, patient_client, record):
        intake = held(record)
        Case.objects.filter(pk=intake.case_id).update(state="REFERRED")
        assert "A doctor should look at this first." in text(patient_client.get(VISITS))

    def test_a_clearance_that_ended_asks_for_new_answers(self, patient_client, record):
        ClearanceFactory(patient=record, starts_at=NOW - timedelta(days=40))
        page = patient_client.get(VISITS)
        assert "Ana Reyes Questions first" in text(page)
        assert "tell us what has changed since Sept. 30, 2026" in text(page)
        assert f'action="/my/people/{record.pk}/questions/"' in page.content.decode()

    def test_after_a_year_it_is_all_the_questions_again(self, patient_client, record):
        ClearanceFactory(patient=record, starts_at=NOW - timedelta(days=400))
        page = text(patient_client.get(VISITS))
        assert "Before the next visit, please answer our questions" in page
        assert "Answer the short questions" not in page

    def test_each_of_the_family_and_nobody_else(self, patient_client, patient, leave):
        child = PatientFactory(account=patient, given_name="Mia", family_name="Reyes")
        book(ClearanceFactory(patient=child), TEN)
        book(ClearanceFactory(patient=PatientFactory(given_name="Nora")), NEXT_WEEK)
        page = text(patient_client.get(VISITS))
        assert "Mia Reyes May book up to Fri, Dec 4 Next Tue, Nov 10 at 10:00 AM" in page
        assert "Ana Reyes May book up to Fri, Dec 4 No visit is booked." in page
        assert "Nora" not in page
        assert "Nov 17" not in page

    def test_one_of_the_family_held_holds_nobody_else(self, patient_client, patient, leave):
        held(PatientFactory(account=patient, given_name="Mia"))
        assert f"/book/{leave.pk}/" in patient_client.get(VISITS).content.decode()

    def test_each_of_the_family_reads_what_came_of_their_answers(
        self, patient_client, patient, leave
    ):
        child = PatientFactory(account=patient, given_name="Mia", family_name="Reyes")
        cleared = ClearanceFactory.create(patient=child).intake
        PatientFactory(account=patient, given_name="Ida")
        stranger = ClearanceFactory.create(patient=PatientFactory()).intake
        page = patient_client.get(VISITS).content.decode()
        assert page.count("Your answers and what we said") == 2
        for intake in (leave.intake, cleared):
            assert f'href="/my/intakes/{intake.pk}/"' in page
            assert patient_client.get(f"/my/intakes/{intake.pk}/").status_code == 200
        assert str(stranger.pk) not in page

    def test_it_leads_to_the_newest_answers(self, patient_client, record, leave):
        newer = ClearanceFactory.create(patient=record, starts_at=NOW - timedelta(hours=1)).intake
        page = patient_client.get(VISITS).content.decode()
        assert f'href="/my/intakes/{newer.pk}/"' in page
        assert f'href="/my/intakes/{leave.intake_id}/"' not in page

    def test_the_number_of_queries_is_fixed(
        self,
        patient_client,
        patient,
        leave,
        django_assert_num_queries: DjangoAssertNumQueries,
    ):
        patient_client.get(VISITS)
        with django_assert_num_queries(15):
            patient_client.get(VISITS)
        for n in range(4):
            member = PatientFactory(account=patient)
            book(ClearanceFactory(patient=member), NINE + timedelta(hours=n))
        held(PatientFactory(account=patient))
        with django_assert_num_queries(15):
            patient_client.get(VISITS)

    def test_a_grown_up_of_a_family_may_have_a_sign_in_of_their_own(
        self, patient_client, patient, record
    ):
        assert "a sign-in of their own" not in text(patient_client.get(VISITS)), "nobody to leave"
        child = PatientFactory.create(account=patient, given_name="Mia", born=date(2015, 5, 1))
        leo = PatientFactory.create(account=patient, given_name="Leo", born=date(1999, 5, 1))
        page = patient_client.get(VISITS).content.decode()
        assert f"/my/people/{leo.pk}/own-sign-in/" in page
        assert f"/my/people/{child.pk}/own-sign-in/" not in page
        assert f"/my/people/{record.pk}/own-sign-in/" not in page, "it is their account"

    def test_signing_in_leads_here(self, patient_client):
        assert patient_client.get("/sign-in/").headers["Location"] == VISITS


class TestWhatTheDeskWroteDown:
    """The reasons in a visit's history are in English, and the staff's own words."""

    def test_is_on_no_page_and_in_no_letter_of_the_patients(self, patient_client, desk, leave):
        visit = book(leave)
        acts = {"appointment_id": visit.pk, "by": desk, "now": NOW}
        services.move(**acts, start=TEN, reason="He asked twice.")
        services.undo(**acts, seen=version(visit))
        services.move(**acts, start=TEN)
        services.cancel(**acts, reason="Rude on the phone.")
        self.require_unseen(patient_client, visit)
        services.undo(**acts, seen=version(visit))
        self.require_unseen(patient_client, visit)

    def require_unseen(self, client: Client, visit: Appointment) -> None:
        names = ("visit", "move", "cancel", "calendar")
        pages = [client.get(VISITS), *(client.get(at(name, visit), follow=True) for name in names)]
        seen = [page.content.decode() for page in pages]
        seen += [f"{each.subject} {each.body} {each.calendar}" for each in Message.objects.all()]
        reasons = set(visit.changes.values_list("reason", flat=True)) - {""}
        assert {"He asked twice.", "Undone.", "Moved to another time."} <= reasons
        for reason in reasons:
            assert not any(reason in text for text in seen), reason


class TestScannersAndStrangers:
    """Mail scanners open every link; strangers try them."""

    def addresses(self, *visits: Appointment) -> list[str]:
        leave = visits[0].clearance_id
        return [
            VISITS,
            reverse("scheduling:choose", args=[leave]),
            reverse("scheduling:hold", args=[leave]),
            *(
                at(name, visit)
                for visit in visits
                for name in ("visit", "confirm", "calendar", "cancel", "move")
            ),
            *(at("move", visit) + f"?start={TEN.isoformat()[:19]}Z" for visit in visits),
        ]

    def test_opening_every_link_changes_nothing_but_the_trail(self, patient_client, leave):
        links = self.addresses(book(leave), hold(leave, NEXT_WEEK))
        patient_client.get(VISITS)
        before = self.everything()
        for method in ("get", "head"):
            for link in links:
                with CaptureQueriesContext(
                    connection,
                ) as asked:
                    assert getattr(patient_client, method)(link).status_code < 500
                expected = ("SELECT", 'INSERT INTO "clinic_auditentry"')
                writes = [q["sql"] for q in asked if not q["sql"].lstrip().startswith(expected)]
                assert not writes, link
        assert self.everything() == before

    def test_a_stranger_finds_nothing(self, other_patient_client, leave):
        visits = (book(leave), hold(leave, NEXT_WEEK))
        before = self.everything()
        for link in self.addresses(*visits)[1:]:
            for method in ("get", "post"):
                answer = getattr(other_patient_client, method)(link, {"start": TEN.isoformat()})
                assert answer.status_code in {404, 405}, (method, link)
        assert self.everything() == before

    @pytest.mark.parametrize("client", ["desk_client", "doctor_client", "administrator_client"])
    def test_staff_use_their_own_pages(self, request, client, leave):
        for link in self.addresses(book(leave)):
            assert request.getfixturevalue(client).get(link).status_code == 403

    def test_nobody_is_asked_to_sign_in_and_brought_back(self, leave):
        link = at("cancel", book(leave))
        assert Client().get(link).headers["Location"].startswith("/sign-in/?next=%2Fmy%2Fvisits%2F")

    def everything(self) -> list[object]:
        return [
            list(Appointment.objects.order_by("pk").values()),
            StatusChange.objects.count(),
            AuditEntry.objects.exclude(action__in=["viewed", "list viewed"]).count(),
            Message.objects.count(),
        ]
