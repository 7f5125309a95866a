"""Families on one email: each their own record, and the grown-up who leaves with theirs."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from clinic import limits
from clinic.models import AuditEntry, HistoryEntry, Message, User
from intake import services
from intake.exceptions import HandoverOver, NotTheDateOfBirth, NotTheirAccount, OfAge
from intake.models import Clearance, Disposition, GuardianConsent, Handover, Intake, Patient
from scheduling.models import Appointment
from tests import answers
from tests.factories.clinic import AccountFactory, PatientFactory
from tests.factories.intake import CaseFactory, ClearanceFactory, IntakeFactory, held
from tests.factories.scheduling import NOW, book
from tests.people import signed_in
from tests.walking import GUARDIAN, finish, place

pytestmark = pytest.mark.django_db

LEO_BORN = date(2005, 4, 2)
LEOS = "leo@example.com"


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def leo(patient: User) -> Patient:
    """Of age, in his mother's account."""
    return PatientFactory(
        account=patient, given_name="Leo", family_name="Reyes", born=LEO_BORN, email=patient.email
    )


def offer(leo: Patient, email: str = LEOS) -> Handover:
    assert leo.account
    return services.offer_own_account(patient=leo, email=email, by=leo.account, now=NOW)


def link(handover: Handover) -> str:
    return reverse("intake:take_over", args=[handover.pk])


def birth(born: date) -> dict[str, str]:
    return {"month": str(born.month), "day": str(born.day), "year": str(born.year)}


def text(response) -> str:
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


class TestOneEmail:
    def test_three_people_are_three_records_of_one_account(self, time_machine):
        family = [
            ("Ana", date(1988, 3, 9), answers.BOOK, {}),
            ("Luis", date(1985, 7, 1), answers.BOOK, {}),
            ("Mia", date(2012, 5, 4), {**answers.MINOR, "pregnant": "no"}, GUARDIAN),
        ]
        for name, born, said, more in family:
            result = finish(Client(), said, born=born, given_name=name, **more)
            time_machine.shift(60)
            assert place(result).startswith("/my/intakes/"), place(result)
        account = User.objects.get(email="ana@example.com")
        assert {p.given_name for p in account.patients.all()} == {"Ana", "Luis", "Mia"}
        assert Clearance.objects.count() == 2
        assert GuardianConsent.objects.get().patient.given_name == "Mia"
        page = text(signed_in(account).get("/my/visits/"))
        assert page.count("May book up to") == 2
        assert "Mia Reyes On hold" in page, "somebody looks first at the answers of a child"
        assert "Give Luis a sign-in of their own" in page
        assert "Give Mia a sign-in" not in page
        assert "Give Ana a sign-in" not in page, "it is hers"

    def test_the_same_person_again_is_the_same_record(self, time_machine):
        for _ in range(2):
            finish(Client(), answers.BOOK)
            time_machine.shift(60)
        assert Patient.objects.count() == 1
        assert Intake.objects.filter(patient=Patient.objects.get()).count() == 2


class TestAnotherEmail:
    def test_never_attaches_to_a_record_of_another_account(self, patient):
        ana = patient.patients.get()
        Patient.objects.filter(pk=ana.pk).update(name_key="ana reyes")
        finish(Client(), answers.BOOK, email="stranger@example.com")
        new = Patient.objects.exclude(pk=ana.pk).get()
        assert new.account == User.objects.get(email="stranger@example.com")
        assert new.likely_duplicate_of == ana
        assert not Intake.objects.filter(patient=ana).exists()

    def test_the_desk_sees_the_mark_beside_the_visit(self, desk_client, patient):
        ana = patient.patients.get()
        again = PatientFactory(likely_duplicate_of=ana, given_name="Ana", family_name="Reyes")
        book(ClearanceFactory(patient=again))
        page = text(desk_client.get("/staff/visits/"))
        assert "perhaps already a patient" in page

    def test_the_administrator_finds_them_all(self, administrator_client, patient):
        PatientFactory(likely_duplicate_of=patient.patients.get(), family_name="Twice")
        PatientFactory(family_name="Once")
        page = administrator_client.get(
            "/admin/intake/patient/?likely_duplicate_of__isempty=0"
        ).content.decode()
        assert "Twice" in page
        assert "Once" not in page


class TestTakingOver:
    def test_everything_moves_and_the_old_account_sees_it_no_more(self, patient, leo):
        leave = ClearanceFactory.create(patient=leo)
        visit = book(leave)
        handover = offer(leo)
        account = User.objects.get(email=LEOS)
        moved = signed_in(account).post(link(handover), birth(LEO_BORN), follow=True)
        assert "Welcome, Leo. Your visits are yours now." in text(moved)
        assert "Leo Reyes" in text(moved)

        leo.refresh_from_db()
        assert (leo.account, leo.email) == (account, LEOS)
        assert Appointment.objects.get(pk=visit.pk).state == "booked", "the visit stays as it is"
        mothers = signed_in(patient)
        assert "Leo" not in text(mothers.get("/my/visits/"))
        for address in (
            reverse("scheduling:visit", args=[visit.pk]),
            reverse("scheduling:choose", args=[leave.pk]),
            reverse("intake:result", args=[leave.intake_id]),
            reverse("intake:own_account", args=[leo.pk]),
        ):
            assert mothers.get(address).status_code == 404, address
        assert signed_in(account).get(f"/my/visits/{visit.pk}/").status_code == 200

    def test_both_addresses_are_told_without_anything_medical(self, patient, leo):
        handover = offer(leo)
        services.take_over(
            handover_id=handover.pk,
            account=User.objects.get(email=LEOS),
            born=LEO_BORN,
            now=NOW,
        )
        told = {(m.kind, m.recipient): m.body for m in Message.objects.all()}
        assert told.keys() == {
            ("own_account_offered", LEOS),
            ("own_account_left", patient.email),
            ("own_account_made", LEOS),
        }
        assert "Leo" not in told["own_account_offered", LEOS], "an address may be mistyped"

    def test_it_is_on_the_trail_and_in_the_history(self, leo):
        handover = offer(leo)
        account = User.objects.get(email=LEOS)
        services.take_over(handover_id=handover.pk, account=account, born=LEO_BORN, now=NOW)
        entry = AuditEntry.objects.get(action="record taken over")
        assert (entry.actor, entry.patient_id) == (account, leo.pk)
        assert HistoryEntry.objects.filter(table="intake_patient", row_id=str(leo.pk)).exists()
        assert HistoryEntry.objects.filter(table="intake_handover").exists()

    def test_a_case_goes_along_and_still_holds(self, leo):
        held(leo, Disposition.REFER)
        handover = offer(leo)
        account = User.objects.get(email=LEOS)
        page = signed_in(account).post(link(handover), birth(LEO_BORN), follow=True)
        assert "On hold" in text(page)

    def test_what_nobody_proved_before_still_holds_who_left(self, patient, leo, time_machine):
        """An emergency sent signed in to the family's account: it may have been theirs."""
        IntakeFactory.create(
            patient=None,
            account=patient,
            case=CaseFactory.create(patient=None, disposition=Disposition.EMERGENCY),
            disposition=Disposition.EMERGENCY,
            is_complete=False,
            born=LEO_BORN,
            submitted_at=NOW - timedelta(hours=1),
        )
        handover = offer(leo)
        account = User.objects.get(email=LEOS)
        services.take_over(handover_id=handover.pk, account=account, born=LEO_BORN, now=NOW)
        time_machine.shift(60)
        finish(
            Client(), answers.BOOK, born=LEO_BORN, given_name="Leo", email=LEOS, phone="7035550188"
        )
        assert not Clearance.objects.filter(patient=leo).exists()
        assert Intake.objects.get(patient=leo).case is not None

    def test_what_the_old_account_sends_afterwards_is_not_theirs(self, patient, leo, time_machine):
        handover = offer(leo)
        account = User.objects.get(email=LEOS)
        services.take_over(handover_id=handover.pk, account=account, born=LEO_BORN, now=NOW)
        time_machine.shift(60)
        IntakeFactory.create(
            patient=None,
            account=patient,
            case=CaseFactory.create(patient=None, disposition=Disposition.EMERGENCY),
            disposition=Disposition.EMERGENCY,
            is_complete=False,
            submitted_at=NOW + timedelta(seconds=30),
        )
        finish(
            Client(), answers.BOOK, born=LEO_BORN, given_name="Leo", email=LEOS, phone="7035550188"
        )
        assert Clearance.objects.filter(patient=leo).exists()

    def test_no_clearance_comes_along_to_an_account_where_they_are_held(self, leo):
        """They had begun again there, with an address of their own, and are held."""
        leave = ClearanceFactory.create(patient=leo)
        visit = book(leave)
        account = AccountFactory.create(email=LEOS)
        again = PatientFactory(account=account, born=LEO_BORN, name_key=leo.name_key)
        held(again, Disposition.REFER, born=LEO_BORN, name_key=leo.name_key)
        handover = offer(leo)
        services.take_over(handover_id=handover.pk, account=account, born=LEO_BORN, now=NOW)
        leave.refresh_from_db()
        assert leave.revoked_at == NOW
        assert Appointment.objects.get(pk=visit.pk).state == "suspended"

    def test_a_look_moves_nothing(self, leo):
        handover = offer(leo)
        client = signed_in(User.objects.get(email=LEOS))
        page = client.get(link(handover))
        assert "What is your date of birth?" in text(page)
        assert "Leo" not in text(page)
        assert Patient.objects.get(pk=leo.pk).account == leo.account

    def test_the_wrong_date_of_birth_takes_over_nothing(self, leo):
        handover = offer(leo)
        client = signed_in(User.objects.get(email=LEOS))
        for _ in range(limits.BIRTH_DATES_FOR_HANDOVER.times):
            page = client.post(link(handover), birth(date(2000, 1, 1)))
            assert "That is not the date of birth we have." in text(page)
        assert client.post(link(handover), birth(LEO_BORN)).status_code == 429
        assert Patient.objects.get(pk=leo.pk).account == leo.account

    def test_another_account_does_nothing_with_the_link(self, leo, other_patient_client):
        handover = offer(leo)
        page = other_patient_client.post(link(handover), birth(LEO_BORN), follow=True)
        assert "This link no longer works." in text(page)
        assert Patient.objects.get(pk=leo.pk).account == leo.account

    def test_it_works_once_for_a_week_and_the_newest_only(self, leo):
        first, second = offer(leo), offer(leo, "leo2@example.com")
        take = services.take_over
        old, new = (User.objects.get(email=e) for e in (LEOS, "leo2@example.com"))
        second.asked_at = NOW + timedelta(minutes=1)
        second.save()
        with pytest.raises(HandoverOver):
            take(handover_id=first.pk, account=old, born=LEO_BORN, now=NOW)
        with pytest.raises(HandoverOver):
            take(handover_id=second.pk, account=new, born=LEO_BORN, now=NOW + timedelta(days=8))
        with pytest.raises(NotTheDateOfBirth):
            take(handover_id=second.pk, account=new, born=date(2000, 1, 1), now=NOW)
        assert take(handover_id=second.pk, account=new, born=LEO_BORN, now=NOW) == leo
        with pytest.raises(HandoverOver):
            take(handover_id=second.pk, account=new, born=LEO_BORN, now=NOW)


class TestOffering:
    def page(self, client: Client, person: Patient, email: str = LEOS):
        return client.post(reverse("intake:own_account", args=[person.pk]), {"email": email})

    def test_sends_a_link_and_moves_nothing(self, patient_client, leo):
        answer = self.page(patient_client, leo)
        assert answer.status_code == 302
        assert Message.objects.get().recipient == LEOS
        assert Patient.objects.get(pk=leo.pk).account == leo.account

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("", "Type your email address."),
            ("nonsense", "Type an email address, such as name@example.com."),
            ("ANA@example.com", "That is the address you sign in with."),
        ],
    )
    def test_bad_input_is_said(self, patient_client, leo, typed, words):
        answer = self.page(patient_client, leo, typed)
        assert words in text(answer)
        assert not Message.objects.exists()

    def test_not_for_a_child(self, patient_client, patient):
        child = PatientFactory(account=patient, born=date(2012, 1, 1))
        assert self.page(patient_client, child).status_code == 404
        with pytest.raises(OfAge):
            offer(child)

    def test_not_for_somebody_elses(self, other_patient_client, other_patient, leo):
        assert self.page(other_patient_client, leo).status_code == 404
        with pytest.raises(NotTheirAccount):
            services.offer_own_account(patient=leo, email=LEOS, by=other_patient, now=NOW)

    def test_not_without_end(self, patient_client, leo):
        for n in range(limits.HANDOVERS_BY_ACCOUNT.times):
            assert self.page(patient_client, leo, f"leo{n}@example.com").status_code == 302
        assert self.page(patient_client, leo).status_code == 429

    def test_a_member_of_staff_is_no_patients_account(self, leo):
        AccountFactory(email=LEOS, is_desk=True)
        handover = offer(leo)
        assert signed_in(User.objects.get(email=LEOS)).get(link(handover)).status_code == 403
