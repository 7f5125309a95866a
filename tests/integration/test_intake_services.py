"""Submitting, proving who it is, holding, reviewing: what may never happen, and what must."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from clinic.models import AuditEntry, HistoryEntry, Message, User
from intake import public, services, triage
from intake.exceptions import (
    AnotherCaseOpen,
    AnswersBeforeEmergency,
    AnswersOfAnother,
    AnswersOfAnotherPatient,
    AnswersOfThisPatient,
    AnswersTooOld,
    CaseAlreadyDecided,
    EmergencyStands,
    GuardianNeeded,
    PatientUnknown,
    ReasonNeeded,
    XrayOnHold,
)
from intake.models import Case, Clearance, GuardianConsent, Intake, Patient, ReviewDecision
from scheduling.models import Closure, OpeningHours
from tests import answers
from tests.factories.intake import CaseFactory, IntakeFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def account() -> User:
    return User.objects.create_user("ana@example.com")


@pytest.fixture
def doctor() -> User:
    return User.objects.create_user("doctor@example.com", is_chiropractor=True)


def about(given="Ana", family="Reyes", phone="+17035550101", **more):
    return {
        "given_name": given,
        "family_name": family,
        "phone": phone,
        "email": "ana@example.com",
        **more,
    }


def sent(said, *, who=None, born=answers.BORN, browser=None, by=None, now=NOW) -> Intake:
    """An intake as a patient sends it: draft, answers, who they are, send."""
    draft = services.start_draft(browser=browser or uuid.uuid4(), now=now)
    services.keep_answers(draft_id=draft.pk, answers=said, shown=list(said), born=born, now=now)
    services.keep_about(draft_id=draft.pk, about=who or about(), now=now)
    return services.submit(draft_id=draft.pk, by=by, now=now)


def proved(said, account, **options) -> Intake:
    return services.attach(
        intake_id=sent(said, **options).pk, account=account, now=options.get("now", NOW)
    )


def decide(intake, doctor, kind="CLEAR", now=LATER, reason="Called; safe to start.", **options):
    return services.decide(
        case_id=intake.case_id,
        latest_seen=options.pop("latest_seen", intake.pk),
        kind=kind,
        reason=reason,
        by=doctor,
        now=now,
        **options,
    )


class TestSubmission:
    def test_a_safe_intake_waits_for_the_code_and_is_then_cleared(self, account):
        intake = sent(answers.BOOK)
        assert intake.disposition == "BOOK"
        assert intake.case is None
        assert not Clearance.objects.exists(), "nobody has proved who this is"

        services.attach(intake_id=intake.pk, account=account, now=NOW)
        clearance = Clearance.objects.get()
        assert clearance.patient.account == account
        assert clearance.starts_at == NOW
        assert clearance.ends_at == NOW + timedelta(days=30)
        assert not clearance.xray_allowed

    @pytest.mark.parametrize(
        ("browser", "born", "is_theirs"),
        [
            (uuid.UUID(int=7), answers.BORN, True),
            (uuid.UUID(int=8), answers.BORN, False),
            (uuid.UUID(int=7), answers.BORN + timedelta(days=400), False),
        ],
        ids=["the same", "another browser", "somebody else there"],
    )
    def test_an_emergency_of_nobody_signed_in_takes_back_what_was_proved_in_that_browser(
        self, account, browser, born, is_theirs
    ):
        proved(answers.BOOK, account, browser=uuid.UUID(int=7))
        draft = services.start_draft(browser=browser, now=LATER)
        said = answers.EMERGENCY
        services.keep_answers(
            draft_id=draft.pk, answers=said, shown=list(said), born=born, now=LATER
        )
        decision = triage.assess(said)
        services.record_emergency(draft_id=draft.pk, decision=decision, by=None, now=LATER)
        assert (Clearance.objects.get().revoked_at is not None) is is_theirs

    def test_a_code_typed_days_later_lengthens_nothing(self, account):
        intake = sent(answers.BOOK)
        proved_at = NOW + timedelta(days=6)
        services.attach(intake_id=intake.pk, account=account, now=proved_at)
        clearance = Clearance.objects.get()
        assert clearance.starts_at == proved_at
        assert clearance.ends_at == NOW + timedelta(days=30)

    def test_answers_whose_days_are_over_clear_nobody(self, account):
        intake = sent(answers.BOOK)
        with pytest.raises(AnswersTooOld):
            services.attach(intake_id=intake.pk, account=account, now=NOW + timedelta(days=30))
        assert not Clearance.objects.exists()

    def test_every_finding_is_kept_with_the_words_that_fired_it(self):
        intake = sent({**answers.REFER, "thinner": "yes"})
        assert set(intake.rules) == set(intake.findings.values_list("rule", flat=True))
        fever = intake.findings.get(rule="R03")
        assert fever.quotes[0]["labels"] == ["Yes"]
        assert "fever" in fever.quotes[0]["question"]
        assert intake.protocol == triage.PROTOCOL.version

    @pytest.mark.parametrize("question", ["saddle", "fever", "worst", "bladder_bowel", "pattern"])
    def test_a_gap_is_never_safe(self, account, question):
        said = {key: value for key, value in answers.BOOK.items() if key != question}
        intake = proved(said, account)
        assert intake.disposition == "REFER"
        assert not Clearance.objects.exists()

    def test_no_date_of_birth_never_books(self):
        assert sent(answers.BOOK, born=None).disposition == "REFER"

    def test_a_date_of_birth_to_come_never_books(self):
        assert sent(answers.BOOK, born=date(2030, 1, 1)).disposition == "REFER"

    def test_sending_twice_records_once(self):
        draft = services.start_draft(browser=uuid.uuid4(), now=NOW)
        services.keep_answers(
            draft_id=draft.pk, answers=answers.BOOK, shown=[], born=answers.BORN, now=NOW
        )
        first = services.submit(draft_id=draft.pk, by=None, now=NOW)
        assert services.submit(draft_id=draft.pk, by=None, now=LATER) == first
        assert Intake.objects.count() == 1

    def test_a_minor_needs_a_guardian(self, account):
        born = date(2010, 5, 5)
        with pytest.raises(GuardianNeeded):
            sent(answers.MINOR, born=born)
        assert not Intake.objects.exists()

        who = about(
            guardian_name="Rosa Reyes",
            guardian_relationship="mother",
            consents=[{"kind": "guardian", "version": "1", "at": NOW.isoformat()}],
        )
        intake = proved(answers.MINOR, account, born=born, who=who)
        assert intake.disposition == "CO-MANAGE"
        assert GuardianConsent.objects.get().wording_version == "1"

    def test_a_question_put_again_and_left_blank_loses_its_answer(self):
        draft = services.start_draft(browser=uuid.uuid4(), now=NOW)
        services.keep_answers(
            draft_id=draft.pk, answers={"saddle": "no"}, shown=["saddle"], now=NOW
        )
        draft = services.keep_answers(draft_id=draft.pk, answers={}, shown=["saddle"], now=NOW)
        assert draft.answers == {}

    def test_the_clinic_is_told_of_an_emergency_without_a_word_of_it(self):
        sent(answers.EMERGENCY)
        message = Message.objects.get(kind="attention")
        for word in ("Ana", "Reyes", "numb", "EMERGENCY", "555-0101"):
            assert word not in message.body + message.subject


class TestNamesOfAnyLength:
    """A name that fits its field never costs the answers."""

    @pytest.mark.parametrize(
        "letter", ["a", "ß", "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}"]
    )
    def test_the_longest_names_are_sent_and_held(self, account, letter):
        intake = proved(answers.REFER, account, who=about(letter * 80, letter * 80))
        assert intake.case.state == "OPEN"
        assert intake.patient.given_name == letter * 80

    def test_and_cleared(self, account):
        proved(answers.BOOK, account, who=about("ß" * 80, "ß" * 80))
        assert Clearance.objects.exists()


class TestWhoItIs:
    def test_a_known_patient_of_the_account_is_the_same_record(self, account):
        first = proved(answers.BOOK, account)
        again = proved(answers.BOOK, account, who=about(given="ANA ", family="Réyes"), now=LATER)
        assert again.patient == first.patient
        assert Patient.objects.count() == 1

    def test_a_stranger_who_writes_the_same_name_gets_a_record_of_their_own(self, account):
        known = proved(answers.BOOK, account).patient
        stranger = User.objects.create_user("stranger@example.com")
        other = proved(answers.BOOK, stranger, who=about(phone="+17035550199")).patient
        assert other != known
        assert other.likely_duplicate_of == known

    def test_attaching_twice_changes_nothing(self, account):
        intake = proved(answers.BOOK, account)
        services.attach(intake_id=intake.pk, account=account, now=LATER)
        assert Clearance.objects.count() == 1
        other = User.objects.create_user("other@example.com")
        services.attach(intake_id=intake.pk, account=other, now=LATER)
        intake.refresh_from_db()
        assert intake.patient.account == account

    def test_the_patient_is_filled_in_once_and_nothing_else_ever(self, account):
        intake = proved(answers.BOOK, account)
        other = Patient.objects.create(given_name="B", family_name="C", born=answers.BORN)
        intake.patient = other
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            intake.save(update_fields=["patient"])


class TestAnswerShopping:
    """While a case is unresolved, better answers join it and clear nobody."""

    @pytest.mark.parametrize(
        ("tie", "options"),
        [
            ("browser", {"browser": uuid.UUID(int=7), "who": about("X", "Y", "+17035550177")}),
            ("phone", {"who": about("Other", "Name")}),
            ("name and birth date", {"who": about(phone="+17035550188")}),
        ],
    )
    def test_a_second_intake_joins(self, account, tie, options):
        first = sent(answers.REFER, browser=uuid.UUID(int=7))
        second = proved(answers.BOOK, account, now=LATER, **options)
        assert second.disposition == "BOOK"
        assert second.case == first.case, tie
        assert not Clearance.objects.exists()

    def test_the_account_ties_too(self, account):
        first = proved(answers.REFER, account)
        second = proved(
            answers.BOOK, account, who=about("Anna", "Reyes", "+17035550166"), now=LATER
        )
        assert second.case == first.case
        assert not Clearance.objects.exists()

    def test_every_number_left_ties(self, account):
        emergency = sent(answers.EMERGENCY, who=about("", "", ""))
        for minutes, phone in enumerate(["+17035550151", "+17035550152"]):
            services.leave_contact(
                intake_id=emergency.pk,
                name="",
                phone=phone,
                by=None,
                now=NOW + timedelta(minutes=minutes),
            )
        earlier = about("Ana", "Reyes", "+17035550151")
        assert proved(answers.BOOK, account, who=earlier, now=LATER).case == emergency.case

    def test_an_anonymous_emergency_ties_by_its_browser(self, account):
        browser = uuid.uuid4()
        draft = services.start_draft(browser=browser, now=NOW)
        decision = triage.assess_so_far({"age": 38, "saddle": "yes"}, ["age", "saddle"])
        assert decision is not None
        emergency = services.record_emergency(
            draft_id=draft.pk, decision=decision, by=None, now=NOW
        )
        assert emergency.patient is None
        second = proved(answers.BOOK, account, browser=browser, now=LATER)
        assert second.case == emergency.case
        assert second.case.disposition == "EMERGENCY"
        assert not Clearance.objects.exists()

    def test_someone_else_in_the_family_is_held_for_a_look_but_not_mixed_in(self, account):
        first = proved(answers.REFER, account)
        child = proved(
            answers.BOOK,
            account,
            who=about("Leo", "Reyes"),
            born=date(1990, 1, 2),
            now=LATER,
        )
        assert child.case != first.case
        assert child.case.related_case == first.case
        assert child.case.disposition == "CO-MANAGE"
        assert not Clearance.objects.exists()

    def test_a_case_hidden_from_the_draft_is_found_once_the_account_is_proved(self, account):
        first = proved(answers.REFER, account)
        # Another phone, another browser, not signed in: only the code ties it.
        second = sent(answers.BOOK, who=about("Anne", "Reyes", "+17035550133"), now=LATER)
        assert second.case is None
        second = services.attach(intake_id=second.pk, account=account, now=LATER)
        assert second.case == first.case
        assert not Clearance.objects.exists()

    @pytest.mark.parametrize(
        ("tie", "options"),
        [
            ("browser", {"browser": uuid.UUID(int=7), "who": about("X", "Y", "+17035550177")}),
            ("phone", {"who": about("Other", "Name")}),
        ],
    )
    def test_a_case_opened_before_the_code_came_back_ties_as_well(self, account, tie, options):
        # Both forms are sent side by side, the milder one first, and only that one is proved.
        mild = sent(answers.BOOK, **options)
        held = sent(answers.REFER, browser=uuid.UUID(int=7), now=LATER)
        mild = services.attach(intake_id=mild.pk, account=account, now=LATER)
        assert mild.case == held.case, tie
        assert not Clearance.objects.exists()

    def test_answers_from_before_an_emergency_clear_nobody(self, account, doctor):
        before = sent(answers.BOOK)
        emergency = proved(answers.EMERGENCY, account, now=NOW + timedelta(minutes=5))
        decide(emergency, doctor, kind="RESOLVED")
        with pytest.raises(AnswersBeforeEmergency):
            services.attach(intake_id=before.pk, account=account, now=LATER)
        assert not Clearance.objects.exists()

    def test_once_resolved_a_new_intake_decides_for_itself(self, account, doctor):
        first = proved(answers.REFER, account)
        decide(first, doctor)
        Clearance.objects.get()
        second = proved(answers.BOOK, account, now=LATER)
        assert second.case is None
        assert Clearance.objects.count() == 2

    def test_a_worse_intake_takes_the_clearance_back(self, account):
        proved(answers.BOOK, account)
        proved(answers.REFER, account, now=LATER)
        assert Clearance.objects.get().revoked_at == LATER

    @pytest.mark.parametrize("said", [answers.REFER, answers.CO_MANAGE, answers.EMERGENCY])
    @pytest.mark.parametrize("email", ["ana@example.com", "new.address@example.com"])
    def test_signed_in_it_is_taken_back_at_once(self, account, said, email):
        """No code is waited for: it might never be typed."""
        patient = proved(answers.BOOK, account).patient
        worse = sent(said, who=about(email=email), by=account, now=LATER)
        assert worse.patient == patient
        assert Case.objects.get().patient == patient
        assert Clearance.objects.get().revoked_at == LATER
        told = Message.objects.filter(kind="held", recipient=account.email)
        assert told.exists() == (said is not answers.EMERGENCY)

    def test_signed_in_somebody_new_is_held_at_once(self, account):
        intake = sent(answers.EMERGENCY, by=account)
        assert intake.patient.account == account
        assert Case.objects.get().patient == intake.patient

    @pytest.mark.parametrize("email", ["ana@example.com", "new.address@example.com"])
    def test_another_name_keeps_no_clearance(self, account, email):
        proved(answers.BOOK, account)
        nickname = about("Annie", email=email)
        sent(answers.REFER, who=nickname, by=account, now=LATER)
        assert Clearance.objects.get().revoked_at == LATER

    def test_another_name_proved_later_keeps_no_clearance_either(self, account):
        proved(answers.BOOK, account)
        proved(answers.REFER, account, who=about("Annie"), now=LATER)
        assert Clearance.objects.get().revoked_at == LATER

    def test_somebody_else_in_the_family_takes_nothing_back(self, account):
        proved(answers.BOOK, account)
        child = about("Leo", "Reyes")
        sent(answers.REFER, who=child, born=date(1990, 1, 2), by=account, now=LATER)
        assert Clearance.objects.get().revoked_at is None

    def test_signed_in_a_safe_intake_for_another_address_waits_for_its_code(self, account):
        intake = sent(answers.BOOK, who=about(email="new.address@example.com"), by=account)
        assert intake.patient is None

    def test_a_stranger_cannot_take_it_back(self, account):
        proved(answers.BOOK, account)
        sent(answers.EMERGENCY, now=LATER)
        assert Clearance.objects.get().revoked_at is None


class TestReview:
    def test_clearing_lets_the_patient_book_and_tells_them(self, account, doctor):
        intake = proved(answers.REFER, account)
        decide(intake, doctor, xray_allowed=True)
        clearance = Clearance.objects.get()
        assert clearance.xray_allowed
        assert clearance.decision.by == doctor
        assert public.clearances_usable(intake.patient_id, LATER)[0].xray_allowed
        assert Message.objects.filter(kind="cleared", recipient=account.email).exists()
        assert Case.objects.get().state == "CLEARED"

    @pytest.mark.parametrize("pregnant", ["maybe", "prefer_not", "purple", None])
    def test_no_xray_unless_pregnancy_is_ruled_out(self, account, doctor, pregnant):
        said = {**answers.REFER, "pregnant": pregnant, "pregnant_warning": "no"}
        intake = proved(said, account)
        with pytest.raises(XrayOnHold):
            decide(intake, doctor, xray_allowed=True)
        assert not ReviewDecision.objects.exists()
        decide(intake, doctor)
        assert not Clearance.objects.get().xray_allowed

    def test_a_hold_since_the_answers_stops_the_xrays(self, account, doctor):
        """Nobody asked: the clearance was given before, and its X-ray with it."""
        intake = proved(answers.REFER, account)
        decide(intake, doctor, xray_allowed=True)
        IntakeFactory.create(patient=intake.patient, xray_hold=True, submitted_at=LATER)
        assert not public.clearances_usable(intake.patient_id, LATER)[0].xray_allowed

    def test_a_decisions_days_count_from_the_decision(self, account, doctor):
        decide(proved(answers.REFER, account), doctor, now=NOW + timedelta(days=6))
        assert Clearance.objects.get().ends_at == NOW + timedelta(days=36)

    def test_referring_keeps_the_patient_held(self, account, doctor):
        intake = proved(answers.REFER, account)
        decide(intake, doctor, kind="REFER")
        assert public.is_held(intake.patient_id)
        assert Message.objects.filter(kind="referred").exists()
        decide(intake, doctor, now=LATER + timedelta(days=2))
        assert not public.is_held(intake.patient_id)

    def test_a_reason_is_needed(self, account, doctor):
        intake = proved(answers.REFER, account)
        with pytest.raises(ReasonNeeded):
            decide(intake, doctor, reason="  ")

    def test_two_reviewers_cannot_decide_one_case(self, account, doctor):
        intake = proved(answers.REFER, account)
        decide(intake, doctor)
        with pytest.raises(CaseAlreadyDecided):
            decide(intake, doctor)

    def test_answers_nobody_read_are_not_covered(self, account, doctor):
        first = proved(answers.REFER, account)
        proved(answers.BOOK, account, now=LATER)
        with pytest.raises(CaseAlreadyDecided):
            decide(first, doctor)

    def test_nobody_is_cleared_before_they_have_proved_who_they_are(self, doctor):
        intake = sent(answers.REFER)
        with pytest.raises(PatientUnknown):
            decide(intake, doctor)

    def test_an_emergency_is_never_cleared(self, account, doctor):
        intake = proved(answers.EMERGENCY, account)
        with pytest.raises(EmergencyStands):
            decide(intake, doctor)
        assert not Clearance.objects.exists()

    def test_a_resolved_emergency_asks_for_new_answers(self, account, doctor):
        intake = proved(answers.EMERGENCY, account)
        decide(intake, doctor, kind="RESOLVED")
        assert Case.objects.get().state == "CLOSED"
        assert Message.objects.filter(kind="start_again").exists()
        again = proved(answers.BOOK, account, now=LATER + timedelta(hours=1))
        assert again.case is None
        assert Clearance.objects.get().intake == again

    def test_answers_after_a_mistaken_tap_need_two_deliberate_steps(self, account, doctor):
        emergency = proved(answers.EMERGENCY, account, browser=uuid.UUID(int=3))
        draft = services.report_mistake(
            intake=emergency, browser=uuid.UUID(int=3), by=account, now=NOW
        )
        services.keep_answers(
            draft_id=draft.pk, answers={"saddle": "no"}, shown=["saddle"], now=NOW
        )
        corrected = services.submit(draft_id=draft.pk, by=account, now=NOW + timedelta(minutes=5))
        corrected = services.attach(intake_id=corrected.pk, account=account, now=LATER)
        assert corrected.disposition == "BOOK"
        assert corrected.case == emergency.case
        with pytest.raises(EmergencyStands):
            decide(corrected, doctor)
        decide(corrected, doctor, kind="RESOLVED", latest_seen=corrected.pk)
        case = Case.objects.get()
        assert (case.state, case.disposition) == ("OPEN", "CO-MANAGE")
        decide(corrected, doctor, now=LATER + timedelta(minutes=1))
        assert Clearance.objects.get().intake == corrected
        assert emergency.case.mistake_reported_at is None or case.mistake_reported_at == NOW

    def test_of_two_open_cases_the_last_one_decided_lets_the_patient_book(self, account, doctor):
        intake = proved(answers.REFER, account)
        other = IntakeFactory.create(
            patient=intake.patient,
            case=CaseFactory.create(patient=intake.patient, disposition="REFER"),
            disposition="REFER",
            submitted_at=NOW,
        )
        decide(intake, doctor)
        assert public.is_held(intake.patient_id)
        assert not Clearance.objects.exists()
        assert not Message.objects.filter(kind="cleared").exists()
        decision = decide(other, doctor, now=LATER + timedelta(minutes=1))
        assert Clearance.objects.get().decision == decision


class TestAnEmergencyBesideOtherAnswers:
    """What is recorded about the emergency decides nothing about anybody's other answers."""

    def record_halfway(self, *, by, born, browser):
        draft = services.start_draft(browser=browser, now=NOW)
        said = {"saddle": "yes"}
        services.keep_answers(draft_id=draft.pk, answers=said, shown=said, born=born, now=NOW)
        decision = triage.assess_so_far({"age": 38, **said}, ["age", *said])
        assert decision is not None
        return services.record_emergency(draft_id=draft.pk, decision=decision, by=by, now=LATER)

    def test_a_parents_emergency_is_not_mixed_into_the_childs_case(self, account):
        parent = proved(answers.BOOK, account).patient
        child = proved(
            answers.REFER, account, who=about("Leo", "Reyes"), born=date(1990, 1, 2), now=LATER
        )
        emergency = self.record_halfway(by=account, born=answers.BORN, browser=uuid.uuid4())
        assert emergency.patient == parent
        assert emergency.case != child.case
        assert emergency.case.related_case == child.case

    def test_resolving_it_closes_no_answers_from_before(self, account, doctor):
        browser = uuid.uuid4()
        before = proved(answers.REFER, account, browser=browser)
        emergency = self.record_halfway(by=None, born=date(1960, 1, 1), browser=browser)
        assert emergency.case == before.case
        decide(emergency, doctor, kind="RESOLVED")
        before.case.refresh_from_db()
        assert (before.case.state, before.case.disposition) == ("OPEN", "REFER")
        again = proved(answers.BOOK, account, now=LATER + timedelta(minutes=1))
        assert again.case == before.case
        assert not Clearance.objects.exists()

    def test_answers_in_somebody_elses_case_are_another_open_case(self, account, doctor):
        browser = uuid.uuid4()
        self.record_halfway(by=None, born=date(1960, 1, 1), browser=browser)
        soon = LATER + timedelta(seconds=1)
        own = proved(answers.REFER, account, now=soon)
        neighbour = User.objects.create_user("neighbour@example.com")
        who = about("Leo", "Grant", "+17035550144")
        proved(answers.BOOK, neighbour, who=who, born=date(1990, 1, 2), browser=browser, now=soon)
        joined = proved(answers.BOOK, account, browser=browser, now=soon)
        assert joined.case.patient != joined.patient == own.patient
        with pytest.raises(AnotherCaseOpen):
            decide(own, doctor, now=LATER + timedelta(minutes=1))


class TestAnswersOfAnother:
    """A stranger who knows a phone number, or somebody who shares it, keeps nobody from booking."""

    @pytest.fixture
    def own(self, account) -> Intake:
        return proved(answers.REFER, account)

    def set_aside(self, case, said, doctor, now=LATER, reason="Called: not hers."):
        return services.set_aside(
            case_id=case.pk,
            intake=said.pk,
            latest_seen=case.intakes.latest("submitted_at").pk,
            reason=reason,
            by=doctor,
            now=now,
        )

    def strangers(self, own, said=answers.CO_MANAGE, **options) -> Intake:
        joined = sent(said, who=about("Nosy", "Neighbour"), now=LATER, **options)
        assert joined.case == own.case
        return joined

    def test_they_go_to_a_case_of_their_own_and_the_patient_can_be_cleared(
        self, own, account, doctor
    ):
        said = self.strangers(own)
        with pytest.raises(AnswersOfAnother):
            decide(said, doctor)
        decision = self.set_aside(own.case, said, doctor)
        assert (decision.kind, decision.case, decision.intake) == ("ASIDE", own.case, said)

        apart = Case.objects.exclude(pk=own.case_id).get()
        assert list(apart.intakes.all()) == [said]
        assert (apart.state, apart.disposition, apart.patient) == ("OPEN", "CO-MANAGE", None)
        assert apart.related_case == own.case
        assert apart.contact_phone == "+17035550101"
        assert public.is_held(own.patient_id), "her own answers still wait"

        decide(own, doctor, now=LATER + timedelta(minutes=1))
        assert Clearance.objects.get().patient == own.patient
        apart.refresh_from_db()
        assert apart.state == "OPEN"

    def test_an_emergency_stays_one_and_is_due_no_later(self, own, doctor):
        said = self.strangers(own, answers.EMERGENCY)
        promised = Case.objects.get().due_at
        self.set_aside(own.case, said, doctor, now=LATER + timedelta(minutes=30))
        own.case.refresh_from_db()
        assert (own.case.disposition, own.case.due_at) == ("REFER", promised)
        apart = Case.objects.exclude(pk=own.case_id).get()
        assert (apart.disposition, apart.due_at) == ("EMERGENCY", promised)
        with pytest.raises(EmergencyStands):
            decide(Intake.objects.get(pk=said.pk), doctor)
        decide(own, doctor, now=LATER + timedelta(hours=1))
        assert Clearance.objects.exists()

    def test_of_two_patients_each_is_decided_alone(self, own, doctor):
        other = User.objects.create_user("ben@example.com")
        said = proved(answers.CO_MANAGE, other, who=about("Ben", "Okoro"), now=LATER)
        assert said.case == own.case
        self.set_aside(own.case, said, doctor)
        apart = Case.objects.get(patient=said.patient)
        decide(own, doctor, now=LATER + timedelta(minutes=1))
        assert public.is_held(said.patient_id)
        assert not public.is_held(own.patient_id)
        decide(Intake.objects.get(pk=said.pk), doctor, now=LATER + timedelta(minutes=2))
        apart.refresh_from_db()
        assert apart.state == "CLEARED"
        assert Clearance.objects.count() == 2

    def test_an_older_answer_of_another_patient_is_not_decided_along(self, own, account, doctor):
        """Off the list, undecided, and its patient free to answer again more mildly."""
        other = User.objects.create_user("ben@example.com")
        said = proved(answers.REFER, other, who=about("Ben", "Okoro"), now=LATER)
        again = proved(answers.BOOK, account, now=LATER + timedelta(minutes=1))
        assert again.case == said.case == own.case
        soon = LATER + timedelta(minutes=2)
        for kind in ("CLEAR", "SUPPORTIVE"):
            with pytest.raises(AnswersOfAnotherPatient):
                decide(again, doctor, kind=kind, now=soon)
        self.set_aside(own.case, said, doctor, now=soon)
        decide(again, doctor, now=soon)
        assert Clearance.objects.get().patient == own.patient
        assert public.is_held(said.patient_id)

    def test_proved_afterwards_they_hold_who_proved_them(self, own, account, doctor):
        """It was the patient after all."""
        said = self.strangers(own, answers.EMERGENCY)
        self.set_aside(own.case, said, doctor)
        decide(own, doctor, now=LATER + timedelta(minutes=1))
        services.attach(intake_id=said.pk, account=account, now=LATER + timedelta(minutes=2))
        said.refresh_from_db()
        assert public.is_held(said.patient_id)

    def test_what_was_left_with_them_goes_along(self, own, doctor):
        said = self.strangers(own, answers.EMERGENCY)
        services.leave_contact(intake_id=said.pk, name="", phone="+17035550177", by=None, now=LATER)
        self.set_aside(own.case, said, doctor)
        apart = Case.objects.exclude(pk=own.case_id).get()
        assert apart.intakes.get().contacts.get().phone == "+17035550177"

    def test_a_referred_case_waits_for_a_decision_again(self, own, doctor):
        said = self.strangers(own)
        decide(said, doctor, kind="REFER")
        later = LATER + timedelta(days=1)
        self.set_aside(own.case, said, doctor, now=later)
        own.case.refresh_from_db()
        assert own.case.state == "OPEN"
        assert own.case.due_at > later

    def test_with_a_resolved_emergency_left_it_is_resolved_once_more(self, account, doctor):
        own = proved(answers.EMERGENCY, account)
        said = self.strangers(own)
        decide(said, doctor, kind="RESOLVED")
        self.set_aside(own.case, said, doctor, now=LATER + timedelta(minutes=1))
        decide(own, doctor, kind="RESOLVED", now=LATER + timedelta(minutes=2))
        own.case.refresh_from_db()
        assert own.case.state == "CLOSED"
        assert Message.objects.filter(kind="start_again", recipient=account.email).exists()

    def test_a_resolved_emergency_counts_no_more(self, own, account, doctor):
        emergency = self.strangers(own, answers.EMERGENCY)
        decide(emergency, doctor, kind="RESOLVED", now=LATER)
        said = sent(answers.CO_MANAGE, now=LATER + timedelta(minutes=1))
        self.set_aside(own.case, said, doctor, now=LATER + timedelta(minutes=2))
        own.case.refresh_from_db()
        assert own.case.disposition == "REFER"

    def test_a_mistaken_tap_goes_along_with_the_answers_it_was_in(self, own, doctor):
        said = self.strangers(own, answers.EMERGENCY)
        services.report_mistake(intake=said, browser=uuid.uuid4(), by=None, now=LATER)
        self.set_aside(own.case, said, doctor, now=LATER + timedelta(minutes=1))
        own.case.refresh_from_db()
        assert own.case.mistake_reported_at is None, "she called nothing a mistake"
        assert Case.objects.exclude(pk=own.case_id).get().mistake_reported_at == LATER

    def test_a_mistaken_tap_of_the_patients_own_stays(self, account, doctor):
        own = proved(answers.EMERGENCY, account)
        said = self.strangers(own)
        services.report_mistake(intake=own, browser=uuid.uuid4(), by=account, now=LATER)
        self.set_aside(own.case, said, doctor, now=LATER + timedelta(minutes=1))
        own.case.refresh_from_db()
        assert own.case.mistake_reported_at == LATER
        assert Case.objects.exclude(pk=own.case_id).get().mistake_reported_at is None

    def test_the_patients_own_are_not_set_aside(self, own, doctor):
        with pytest.raises(AnswersOfThisPatient):
            self.set_aside(own.case, own, doctor)

    def test_nor_any_before_it_is_known_who_the_patient_is(self, doctor):
        said = sent(answers.REFER)
        with pytest.raises(PatientUnknown):
            self.set_aside(said.case, said, doctor)

    def test_nor_without_a_reason(self, own, doctor):
        with pytest.raises(ReasonNeeded):
            self.set_aside(own.case, self.strangers(own), doctor, reason=" ")

    def test_nor_twice_nor_out_of_a_decided_case(self, own, doctor):
        said = self.strangers(own)
        self.set_aside(own.case, said, doctor)
        with pytest.raises(CaseAlreadyDecided):
            self.set_aside(own.case, said, doctor)
        decide(own, doctor)
        with pytest.raises(CaseAlreadyDecided):
            self.set_aside(own.case, own, doctor)

    def test_nor_answers_nobody_has_read(self, own, doctor):
        said = self.strangers(own)
        with pytest.raises(CaseAlreadyDecided):
            services.set_aside(
                case_id=own.case_id,
                intake=said.pk,
                latest_seen=own.pk,
                reason="x",
                by=doctor,
                now=LATER,
            )

    def test_it_is_on_the_audit_trail(self, own, doctor):
        self.set_aside(own.case, self.strangers(own), doctor)
        entry = AuditEntry.objects.get(action="review: ASIDE")
        assert (entry.actor, entry.patient_id) == (doctor, own.patient_id)
        assert AuditEntry.objects.filter(action="answers set apart").exists()


class TestTheDatabaseRefuses:
    """The same, with the services out of the way."""

    def refused(self, name, **fields):
        with pytest.raises(IntegrityError) as problem, transaction.atomic():
            Clearance.objects.create(starts_at=NOW, ends_at=LATER, issued_at=NOW, **fields)
        assert problem.value.__cause__.diag.constraint_name == name

    def test_a_clearance_for_held_answers(self, account):
        intake = proved(answers.REFER, account)
        self.refused("clearance_needs_book_or_decision", intake=intake, patient=intake.patient)

    def test_a_clearance_of_an_emergency(self, account, doctor):
        intake = proved(answers.EMERGENCY, account)
        self.refused("clearance_emergency_stands", intake=intake, patient=intake.patient)

    def test_a_clearance_on_somebody_elses_intake(self, account):
        intake = proved(answers.BOOK, account)
        other = Patient.objects.create(given_name="B", family_name="C", born=answers.BORN)
        self.refused("clearance_of_its_own_patient", intake=intake, patient=other)

    def test_a_second_clearance_while_held(self, account, doctor):
        intake = proved(answers.BOOK, account)
        held = proved(answers.REFER, account, now=LATER)
        assert held.patient == intake.patient
        decision = ReviewDecision.objects.create(
            case=held.case, intake=held, kind="CLEAR", reason="x", by=doctor, at=LATER
        )
        self.refused(
            "clearance_patient_is_held", intake=held, patient=held.patient, decision=decision
        )

    def test_a_decision_by_somebody_who_is_no_chiropractor(self, account):
        held = proved(answers.REFER, account)
        with pytest.raises(IntegrityError, match="Only a chiropractor decides"):
            ReviewDecision.objects.create(
                case=held.case, intake=held, kind="CLEAR", reason="x", by=account, at=NOW
            )

    @pytest.mark.parametrize("state", ["CLEARED", "CLOSED"])
    def test_a_case_that_ends_without_a_decision(self, account, state):
        case = proved(answers.REFER, account).case
        case.state, case.resolved_at = state, NOW
        with pytest.raises(IntegrityError, match="Only a recorded decision"):
            case.save()


class TestTrail:
    def test_every_step_is_in_the_audit_trail(self, account, doctor):
        intake = proved(answers.REFER, account)
        decide(intake, doctor)
        actions = set(AuditEntry.objects.values_list("action", flat=True))
        assert actions >= {
            "intake submitted",
            "identity proved",
            "review: CLEAR",
            "clearance issued",
        }

    def test_raw_sql_is_in_the_history_too(self, account):
        patient = proved(answers.BOOK, account).patient
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE intake_patient SET given_name = 'Eve' WHERE id = %s", [patient.pk]
            )
        entry = HistoryEntry.objects.filter(table="intake_patient").first()
        assert entry is not None
        assert entry.before["given_name"] == "Ana"
        assert entry.after["given_name"] == "Eve"
        assert entry.database_role == "clinic_app"


class TestWhenTheyHear:
    """The default hours: Monday, Wednesday, Friday 9 to 13 and 15 to 19, Saturday 9 to 12."""

    SUNDAY_NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # 22:00 in Ashburn

    @pytest.mark.parametrize(
        ("said", "due"),
        [
            (answers.EMERGENCY, datetime(2026, 11, 23, 15, 0, tzinfo=UTC)),
            (answers.REFER, datetime(2026, 11, 23, 18, 0, tzinfo=UTC)),
            (answers.CO_MANAGE, datetime(2026, 11, 24, 0, 0, tzinfo=UTC)),
        ],
    )
    def test_open_hours_count(self, said, due):
        assert sent(said, now=self.SUNDAY_NIGHT).case.due_at == due

    def test_a_closed_day_does_not(self):
        Closure.objects.create(
            during=(
                datetime(2026, 11, 23, 5, tzinfo=UTC),
                datetime(2026, 11, 24, 5, tzinfo=UTC),
            ),
            reason="Away",
        )
        case = sent(answers.REFER, now=self.SUNDAY_NIGHT).case
        assert case.due_at == datetime(2026, 11, 24, 18, 0, tzinfo=UTC)

    def test_without_any_hours_a_case_is_due_all_the_same(self):
        OpeningHours.objects.all().delete()
        case = sent(answers.REFER, now=self.SUNDAY_NIGHT).case
        assert case.due_at == self.SUNDAY_NIGHT + timedelta(hours=4)


class TestFormsThatWereLeft:
    def left(self, said, *, born=answers.BORN):
        draft = services.start_draft(browser=uuid.uuid4(), now=NOW)
        return services.keep_answers(
            draft_id=draft.pk, answers=said, shown=list(said), born=born, now=NOW
        )

    def test_a_sign_left_at_its_follow_up_is_an_emergency(self):
        draft = self.left({"bladder_bowel": ["leak_urine"]})
        assert services.judge_left_drafts(now=NOW + timedelta(minutes=29)) == 0
        assert services.judge_left_drafts(now=LATER) == 1
        draft.refresh_from_db()
        assert draft.submitted.rules == ["E01"]
        assert not draft.submitted.is_complete
        assert services.judge_left_drafts(now=LATER) == 0

    def test_a_follow_up_that_was_not_put_yet_still_waits(self):
        self.left({"bladder_bowel": ["none"], "saddle": "no", "leg_pain": "both"})
        assert services.judge_left_drafts(now=LATER) == 0

    def test_a_harmless_form_is_left_alone(self):
        self.left({"bladder_bowel": ["none"]})
        assert services.judge_left_drafts(now=LATER) == 0
        assert not Intake.objects.exists()
