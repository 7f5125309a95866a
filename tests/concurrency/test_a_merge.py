"""Records are merged while visits are made and cases opened: both count as one at once."""

from datetime import date

import pytest

from intake import services
from intake.models import Patient
from intake.record_exceptions import MergedAlready, PerhapsOnRecord, VisitsInTheWay
from scheduling.exceptions import StepNotAllowed, TimeTaken
from scheduling.models import Appointment, Clinician
from tests.concurrency.clients import booking
from tests.concurrency.conftest import AsOwner, Race, Runner, meanwhile
from tests.factories.clinic import PatientFactory, StaffFactory
from tests.factories.intake import CaseFactory, ClearanceFactory
from tests.factories.scheduling import NOW, book

pytestmark = pytest.mark.race


def merging(gone: Patient, kept: Patient) -> Runner:
    by = StaffFactory.create(is_administrator=True)
    return lambda: services.merge_records(
        patient_id=gone.pk, into=kept.pk, reason="The same card.", by=by, now=NOW
    )


def two_records() -> tuple[Patient, Patient]:
    return PatientFactory.create(), PatientFactory.create()


def at_one_time_twice() -> int:
    """Pairs of visits of one person that overlap, in plain loops past every constraint."""
    kept = {patient.pk: patient.person_id for patient in Patient.objects.all()}
    visits = list(Appointment.objects.keeping_time())
    return sum(
        kept[one.patient_id] == kept[other.patient_id]
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
        for place, one in enumerate(visits)
        for other in visits[place + 1 :]
    )


class TestAgainstBooking:
    """One record has a visit with another doctor; the other is booked at the same time."""

    def race_them(self, race: Race, first: int) -> list[object]:
        gone, kept = two_records()
        visit = book(ClearanceFactory.create(patient=kept))
        Appointment.objects.filter(pk=visit.pk).update(
            clinician=Clinician.objects.create(name="Dr. Locum")
        )
        both = [booking(ClearanceFactory.create(patient=gone)), merging(gone, kept)]
        both[1 - first] = meanwhile(both[1 - first])
        return [finish.error for finish in race.run(both)]

    @pytest.fixture
    def slow_merges(self, as_owner: AsOwner, slow_inserts: None) -> None:
        """A merge, too, takes a while between its guards and the pointer."""
        as_owner(
            "CREATE TRIGGER zz_slow_merge BEFORE UPDATE ON intake_patient FOR EACH ROW"
            " WHEN (NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id)"
            " EXECUTE FUNCTION take_a_while()"
        )

    def test_the_booking_is_first(self, race: Race, slow_merges: None):
        booked, merged = self.race_them(race, 0)
        assert booked is None
        assert isinstance(merged, VisitsInTheWay)
        assert at_one_time_twice() == 0

    def test_the_merge_is_first(self, race: Race, slow_merges: None):
        booked, merged = self.race_them(race, 1)
        assert merged is None
        assert isinstance(booked, StepNotAllowed | TimeTaken)
        assert at_one_time_twice() == 0

    def test_the_race_is_real(
        self, race: Race, slow_merges: None, without_row_locks: None, as_owner: AsOwner
    ):
        """Without the gates, which lock the records, a visit comes to a record just merged."""
        for trigger, table in (
            ("scheduling_visit_gate", "scheduling_appointment"),
            ("intake_pointer_gate", "intake_patient"),
        ):
            as_owner(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        as_owner("ALTER TABLE scheduling_appointment DROP CONSTRAINT visit_patient_not_twice")
        self.race_them(race, 1)
        assert at_one_time_twice() > 0, "if this holds, the tests above prove nothing"


class TestAgainstACase:
    """A case is opened for the one while the other is booked: it waits, and then sees the visit.

    So does its service, which takes clearances back, and the visit with them.
    """

    def visit_seen(self, race: Race) -> bool:
        gone, kept = two_records()
        leave = ClearanceFactory.create(patient=kept)
        merging(gone, kept)()

        def open_case() -> bool:
            CaseFactory.create(patient=gone)
            return Appointment.objects.filter(person=kept).exists()

        booked, opened = race.run([booking(leave), meanwhile(open_case)])
        assert (booked.error, opened.error) == (None, None)
        return bool(opened.result)

    def test_the_visit_is_seen(self, race: Race, slow_inserts: None):
        assert self.visit_seen(race)

    def test_the_race_is_real(self, race: Race, slow_inserts: None, as_owner: AsOwner):
        as_owner("ALTER TABLE intake_case DISABLE TRIGGER intake_case_gate")
        assert not self.visit_seen(race), "if this holds, the test above proves nothing"


def test_two_merges_never_make_a_circle(race: Race):
    for _ in range(10):
        one, other = two_records()
        round_ = race.run([merging(one, other), merging(other, one)])
        assert sorted(finish.error is None for finish in round_) == [False, True]
        assert isinstance(next(f.error for f in round_ if f.error), MergedAlready)


def test_nor_a_chain(race: Race):
    for _ in range(10):
        one, other = two_records()
        third = PatientFactory.create()
        race.run([merging(one, other), merging(other, third)])
        assert not Patient.objects.filter(merged_into__merged_into__isnull=False).exists()


class TestTwoDesksAddTheSamePerson:
    def add_at_once(self, race: Race) -> int:
        desk = StaffFactory.create(is_desk=True)
        contact = services.Contact("Maya", "Okoro", date(1970, 3, 4), "", "", None, "")

        def add() -> object:
            return services.add_patient(contact=contact, not_these=(), by=desk, now=NOW)

        refused = [finish.error for finish in race.run([add, add, add]) if finish.error]
        assert all(isinstance(error, PerhapsOnRecord) for error in refused)
        return Patient.objects.count()

    @pytest.fixture
    def slow_patients(self, as_owner: AsOwner, slow_inserts: None) -> None:
        as_owner(
            "CREATE TRIGGER zz_slow_insert BEFORE INSERT ON intake_patient"
            " FOR EACH ROW EXECUTE FUNCTION take_a_while()"
        )

    def test_one_is_on_record(self, race: Race, slow_patients: None):
        assert self.add_at_once(race) == 1

    def test_the_race_is_real(
        self, race: Race, slow_patients: None, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("intake.services.people._one_at_a_time", lambda _: None)
        assert self.add_at_once(race) > 1, "if this holds, the test above proves nothing"
