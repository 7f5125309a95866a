"""A referral from the decision to the next one: nothing is lost, and nothing on the way clears."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clinic.models import AuditEntry, Message, User
from intake import letter, reports, services
from intake.exceptions import (
    EmergencyStands,
    LetterNeedsReceiver,
    LetterNewer,
    LetterNotPrintable,
    ReasonNeeded,
    ReferralOver,
    ReportEmpty,
    ReportNameRefused,
    ReportOfWrongKind,
    ReportTooLarge,
    TooManyReports,
)
from intake.models import Case, Clearance, Intake, Referral, ReferralLetter, ReferralStep, Report
from intake.services import referrals as service
from intake.triage import PROTOCOL, UNANSWERED
from tests import answers
from tests.factories.intake import decided, held
from tests.factories.referrals import (
    JPEG,
    PDF,
    PNG,
    handed_in,
    letter_out,
    referred,
    saved_letter,
)
from tests.integration.test_review_pages import proved

pytestmark = pytest.mark.django_db

STEP = ReferralStep.Kind


@pytest.fixture
def intake(patient: User) -> Intake:
    details = {"doctor": "Dr. Maya Okafor, Loudoun Family Medicine", "medicines": "ibuprofen"}
    return proved(answers.REFER, patient, details=details, own_words="I was hot and shivery.")


@pytest.fixture
def referral(intake: Intake, doctor: User) -> Referral:
    return referred(intake, by=doctor)


def kinds(referral: Referral) -> list[str]:
    return list(referral.steps.values_list("kind", flat=True))


def state_of(referral: Referral) -> str:
    return Case.objects.get(pk=referral.case_id).state


def decide(referral: Referral, kind: str, by: User) -> Any:
    case = Case.objects.get(pk=referral.case_id)
    return services.decide(
        case_id=case.pk,
        latest_seen=case.intakes.latest("submitted_at").pk,
        kind=kind,
        reason="Read the report.",
        by=by,
        now=timezone.now(),
    )


# --- The letter -----------------------------------------------------------------------------------


def test_a_decision_to_refer_drafts_a_letter(referral: Referral, doctor: User):
    (draft,) = referral.letters.all()
    assert (draft.version, draft.to_name) == (1, "Dr. Maya Okafor, Loudoun Family Medicine")
    assert "Ana Reyes, 38 years old, reports low back pain for less than 4 weeks." in draft.history
    assert "Medicines, as the patient wrote them: ibuprofen." in draft.history
    assert "“I was hot and shivery.”" in draft.history
    assert "Since your back pain began, have you had a fever? – Yes" in draft.findings
    assert draft.question.startswith("Please examine Ana Reyes for the points below")
    assert draft.signed_by == "Dr. Solomon"
    assert kinds(referral) == [STEP.DRAFTED]
    assert AuditEntry.objects.filter(action="referral opened", actor=doctor).exists()


def test_no_other_decision_begins_one(intake: Intake, doctor: User):
    services.decide(
        case_id=intake.case_id,
        latest_seen=intake.pk,
        kind="CLEAR",
        reason="The flu, and over.",
        by=doctor,
        now=timezone.now(),
    )
    assert not Referral.objects.exists()


def test_answers_of_somebody_unproved_are_referred_too(doctor: User):
    intake = held(None, given_name="Rosa", family_name="Reyes", answers=answers.REFER)
    draft = referred(intake, by=doctor).letters.get()
    assert draft.history.startswith("Rosa Reyes")
    assert draft.to_name == ""


def test_each_option_the_history_speaks_of_has_words():
    """A protocol with a new option fails here, not in a letter with a hole in it."""
    options = {q.id: {option.value for option in q.options} for q in PROTOCOL.questions}
    for id_, words in letter.SENTENCES.items():
        assert set(words) == options[id_], id_
    for id_, words in (
        ("area", letter.AREAS),
        ("duration", letter.DURATIONS),
        ("start", letter.STARTS),
        ("onset", letter.ONSETS),
        ("injury_kind", letter.INJURIES),
        ("injury_when", letter.INJURED),
        ("care", letter.CARE),
        ("care_result", letter.CARE_RESULTS),
    ):
        assert set(words) == options[id_], id_
    for id_ in ("numb", "weak"):
        assert {*letter.LIMBS, "none", "not_sure"} == options[id_], id_
    assert UNANSWERED not in options


@pytest.mark.parametrize("said", [answers.REFER, answers.CO_MANAGE, answers.EMERGENCY])
def test_every_outcome_has_a_question_and_a_page(patient: User, doctor: User, said: Any):
    referral = referred(proved(said, patient), by=doctor)
    newest = referral.letters.get()
    assert newest.question
    assert newest.findings
    assert letter.pdf(newest, now=timezone.now()).startswith(b"%PDF")


def test_an_edit_is_another_version(referral: Referral, doctor: User):
    saved = saved_letter(referral, by=doctor, to_name="Dr. Lee")
    assert saved.version == 2
    assert referral.letters.get(version=1).to_name != "Dr. Lee"
    assert saved_letter(referral, by=doctor, to_name="Dr. Lee").version == 2, "nothing changed"


def test_a_version_nobody_saw_is_not_written_over(referral: Referral, doctor: User):
    saved_letter(referral, by=doctor, to_name="Dr. Lee")
    with pytest.raises(LetterNewer):
        saved_letter(referral, by=doctor, to_name="Dr. Kim", seen_version=1)
    with pytest.raises(LetterNewer):
        services.letter_went_out(
            referral_id=referral.pk, seen_version=1, note="", by=doctor, now=timezone.now()
        )


def test_a_letter_asks_something_of_somebody(referral: Referral, doctor: User):
    with pytest.raises(ReasonNeeded):
        saved_letter(referral, by=doctor, question=" ")
    saved = saved_letter(referral, by=doctor, to_name="")
    with pytest.raises(LetterNeedsReceiver):
        services.letter_went_out(
            referral_id=referral.pk,
            seen_version=saved.version,
            note="",
            by=doctor,
            now=timezone.now(),
        )


def test_what_cannot_be_printed_does_not_go_out(referral: Referral, doctor: User):
    saved_letter(referral, by=doctor, history="王小明")
    with pytest.raises(LetterNotPrintable):
        letter_out(referral, by=doctor)
    assert STEP.SENT not in kinds(referral)


def test_once_it_is_out_the_patient_is_told_without_a_word_of_it(referral: Referral, doctor: User):
    before = Message.objects.filter(kind="referred").count()
    step = letter_out(referral, by=doctor)
    assert (step.kind, step.letter) == (STEP.SENT, referral.letters.latest("version"))
    message = Message.objects.filter(kind="referred").latest("queued_at")
    assert Message.objects.filter(kind="referred").count() == before + 1
    assert "Okafor" not in message.subject + message.body
    assert state_of(referral) == Case.State.REFERRED


# --- What comes back ------------------------------------------------------------------------------


def test_seen_brings_the_case_back_and_clears_nobody(referral: Referral, patient: User):
    now = timezone.now()
    step = services.doctor_seen(referral_id=referral.pk, by=patient, now=now)
    case = Case.objects.get(pk=referral.case_id)
    assert (case.state, case.due_at > now) == (Case.State.OPEN, True)
    assert not Clearance.objects.exists()
    assert services.doctor_seen(referral_id=referral.pk, by=patient, now=now) == step, "said once"


@pytest.mark.parametrize(
    ("content", "kind"), [(PDF, "PDF"), (JPEG, "JPEG"), (PNG, "PNG")], ids=["PDF", "JPEG", "PNG"]
)
def test_a_report_is_kept_whole(referral: Referral, patient: User, content: bytes, kind: str):
    report = handed_in(referral, by=patient, content=content, name="whatever.exe")
    kept = Report.objects.get(pk=report.pk)
    assert bytes(kept.content) == content
    assert (kept.kind, kept.size) == (kind, len(content))
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert kinds(referral) == [STEP.DRAFTED, STEP.REPORT]
    assert state_of(referral) == Case.State.OPEN
    assert not Clearance.objects.exists()


def test_the_same_file_twice_is_kept_once(referral: Referral, patient: User):
    assert handed_in(referral, by=patient) == handed_in(referral, by=patient, name="again.pdf")
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "name", "refusal"),
    [
        (b"", "report.pdf", ReportEmpty),
        (b"MZ\x90\x00" + b"\x00" * 64, "report.pdf", ReportOfWrongKind),
        (b"<html><script>alert(1)</script>", "report.pdf", ReportOfWrongKind),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "report.png", ReportOfWrongKind),
        (b"GIF89a" + b"\x00" * 64, "report.gif", ReportOfWrongKind),
        (b"PK\x03\x04" + b"\x00" * 64, "report.docx", ReportOfWrongKind),
        (PDF[:-8], "cut-off.pdf", ReportOfWrongKind),
        (b"junk before " + PDF, "report.pdf", ReportOfWrongKind),
        (PDF, "../../etc/passwd", ReportNameRefused),
        (PDF, "..\\..\\boot.ini", ReportNameRefused),
        (PDF, "..", ReportNameRefused),
        (PDF, "/etc/passwd", ReportNameRefused),
        (PDF, "report\x00.pdf", ReportNameRefused),
        (PDF, "report\r\nX-Evil: 1.pdf", ReportNameRefused),
        (PDF, "  ", ReportNameRefused),
        (PDF + b"\x00" * reports.MOST_BYTES, "big.pdf", ReportTooLarge),
    ],
)
def test_what_is_not_a_report_is_refused(
    referral: Referral, patient: User, content: bytes, name: str, refusal: type[Exception]
):
    with pytest.raises(refusal) as refused:
        handed_in(referral, by=patient, content=content, name=name)
    assert str(refused.value).endswith(".")
    assert not Report.objects.exists()
    assert state_of(referral) == Case.State.REFERRED


def test_the_largest_report_is_taken(referral: Referral, patient: User):
    filler = b"\x00" * (reports.MOST_BYTES - len(PDF))
    assert handed_in(referral, by=patient, content=PDF[:8] + filler + PDF[8:]).size == (
        reports.MOST_BYTES
    )


def test_a_referral_is_no_store_of_files(
    referral: Referral, patient: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service, "MOST_REPORTS", 2)
    for number in (1, 2):
        handed_in(referral, by=patient, content=PDF + str(number).encode())
    with pytest.raises(TooManyReports):
        handed_in(referral, by=patient, content=PDF + b"3")


@pytest.mark.parametrize("length", [10, 119, 120, 121, 500])
def test_a_long_name_is_shown_with_its_ending(length: int):
    name = reports.shown_name("r" * length + ".pdf")
    assert len(name) <= reports.NAME_LENGTH
    assert name.endswith(".pdf")


# --- Overdue --------------------------------------------------------------------------------------


def later(referral: Referral, days: int) -> Any:
    see_by = referral.letters.latest("version").see_by
    return timezone.now() + (see_by - timezone.localdate()) + timedelta(days=days)


def test_unheard_of_for_a_week_it_comes_back_to_the_top(referral: Referral, doctor: User):
    assert services.bring_back_overdue(now=later(referral, 7)) == 0
    now = later(referral, 8)
    assert services.bring_back_overdue(now=now) == 1
    case = Case.objects.get(pk=referral.case_id)
    assert (case.state, case.due_at) == (Case.State.OPEN, now)
    assert kinds(referral)[-1] == STEP.OVERDUE
    assert not Clearance.objects.exists()
    assert services.bring_back_overdue(now=now) == 0, "once"


def test_a_later_day_on_the_letter_gives_more_time(referral: Referral, doctor: User):
    late = later(referral, 8)
    see_by = referral.letters.get().see_by
    saved_letter(referral, by=doctor, see_by=see_by + timedelta(days=10))
    assert services.bring_back_overdue(now=late) == 0


def test_what_came_back_is_not_overdue(referral: Referral, patient: User, doctor: User):
    services.doctor_seen(referral_id=referral.pk, by=patient, now=timezone.now())
    assert services.bring_back_overdue(now=later(referral, 30)) == 0


# --- The decision that ends it --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["CLEAR", "SUPPORTIVE"])
def test_the_next_decision_ends_it(referral: Referral, patient: User, doctor: User, kind: str):
    handed_in(referral, by=patient)
    decide(referral, kind, doctor)
    assert kinds(referral)[-1] == STEP.DECIDED
    assert Clearance.objects.filter(decision__kind=kind).exists()
    for late in (
        lambda: handed_in(referral, by=patient, content=PNG),
        lambda: services.doctor_seen(referral_id=referral.pk, by=patient, now=timezone.now()),
        lambda: saved_letter(referral, by=doctor, to_name="Dr. Lee"),
    ):
        with pytest.raises(ReferralOver):
            late()
    assert state_of(referral) == Case.State.CLEARED, "nothing opens it again"


def test_referred_again_it_begins_anew(referral: Referral, patient: User, doctor: User):
    handed_in(referral, by=patient)
    decide(referral, "REFER", doctor)
    newest = Referral.objects.first()
    assert newest != referral
    assert (kinds(referral)[-1], kinds(newest)) == (STEP.DECIDED, [STEP.DRAFTED])
    assert state_of(referral) == Case.State.REFERRED


def test_an_emergency_is_referred_and_never_cleared(patient: User, doctor: User):
    referral = referred(proved(answers.EMERGENCY, patient), by=doctor)
    handed_in(referral, by=patient)
    with pytest.raises(EmergencyStands):
        decide(referral, "CLEAR", doctor)


# --- The database's own word ----------------------------------------------------------------------


def refused(by: str, write: Any) -> None:
    with pytest.raises(IntegrityError) as told, transaction.atomic():
        write()
    assert told.value.__cause__.diag.constraint_name == by


def test_only_a_decision_to_refer_begins_one(patient: User, doctor: User):
    intake = held(patient.patients.get())
    clear = decided(intake, "SUPPORTIVE", by=doctor)
    refused(
        "referral_follows_its_decision",
        lambda: Referral.objects.create(case=intake.case, decision=clear, opened_at=timezone.now()),
    )


def test_only_a_chiropractor_writes_a_letter(referral: Referral, desk: User):
    refused("letter_by_a_chiropractor", lambda: saved_letter(referral, by=desk, to_name="Dr. Lee"))


def test_a_stranger_puts_nothing_into_a_record(
    referral: Referral, other_patient: User, desk: User, administrator: User
):
    for stranger in (other_patient, desk, administrator):
        refused("report_of_their_own", lambda who=stranger: handed_in(referral, by=who))


def a_report(referral: Referral, by: User, **fields: Any) -> Report:
    content = fields.pop("content", PDF)
    whole = {
        "referral": referral,
        "kind": "PDF",
        "name": "report.pdf",
        "content": content,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "by": by,
        "at": timezone.now(),
    }
    return Report.objects.create(**{**whole, **fields})


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"size": 7}, "report_is_whole"),
        ({"sha256": "0" * 64}, "report_is_whole"),
        ({"kind": "PNG"}, "report_kind_by_content"),
        ({"kind": "EXE"}, "report_kind_by_content"),
        ({"content": b"MZ" * 40}, "report_kind_by_content"),
        ({"name": "../x.pdf"}, "report_name_is_no_path"),
    ],
)
def test_a_report_is_what_it_says(
    referral: Referral, patient: User, fields: dict[str, Any], constraint: str
):
    assert a_report(referral, patient).pk
    refused(constraint, lambda: a_report(referral, patient, **{"content": PDF + b" ", **fields}))


def test_a_step_names_a_letter_of_its_own(referral: Referral, other_patient: User, doctor: User):
    other = referred(held(other_patient.patients.get()), by=doctor)
    refused(
        "step_of_its_own_referral",
        lambda: ReferralStep.objects.create(
            referral=referral, kind=STEP.SENT, letter=other.letters.get(), at=timezone.now()
        ),
    )
    refused(
        "step_sent_names_its_letter",
        lambda: ReferralStep.objects.create(referral=referral, kind=STEP.SENT, at=timezone.now()),
    )


@pytest.mark.parametrize("model", [Referral, ReferralLetter, ReferralStep, Report])
def test_what_is_on_record_stays(referral: Referral, patient: User, doctor: User, model: Any):
    handed_in(referral, by=patient)
    table = model._meta.db_table
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.parametrize("model", [Referral, ReferralLetter, ReferralStep, Report])
def test_nor_could_whoever_owns_the_table_change_it(db: None, model: Any):
    """The trigger stands behind the rights: a right given by mistake opens nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_or(tgtype & 16 > 0), bool_or(tgtype & 8 > 0) FROM pg_trigger"
            " JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE tgrelid = %s::regclass AND proname = 'clinic_refuse_change'"
            " AND tgenabled <> 'D'",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True), "on UPDATE and on DELETE"
