"""The pages of a referral: the letter edited and given, the report handed in, who gets what."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from clinic import typeset
from clinic.models import AuditEntry, User
from intake import letter, reports
from intake.models import Case, Clearance, Intake, Receiver, Referral, Report
from tests import answers
from tests.factories.intake import held
from tests.factories.referrals import JPEG, PDF, PNG, handed_in, letter_out, referred, saved_letter
from tests.integration.test_review_pages import proved

pytestmark = pytest.mark.django_db


@pytest.fixture
def intake(patient: User) -> Intake:
    return proved(answers.REFER, patient, details={"doctor": "Dr. Maya Okafor"})


@pytest.fixture
def referral(intake: Intake, doctor: User) -> Referral:
    return referred(intake, by=doctor)


def words(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def own(referral: Referral, page: str = "") -> str:
    return f"/my/referrals/{referral.pk}/{page}"


def staffs(referral: Referral, page: str = "") -> str:
    return f"/staff/review/{referral.case_id}/referral/{referral.pk}/{page}"


def file(content: bytes = PDF, name: str = "report.pdf") -> dict[str, Any]:
    return {"report": SimpleUploadedFile(name, content)}


def as_sent(name: str, content: bytes) -> SimpleUploadedFile:
    """With the name as a browser would send it: the class takes a path away itself."""
    upload = SimpleUploadedFile("x", content)
    vars(upload)["_name"] = name
    return upload


def typed(referral: Referral, **changes: Any) -> dict[str, Any]:
    """The letter's form as it stands on the page."""
    newest = referral.letters.latest("version")
    form = letter_form(referral)
    kept = {name: form.initial[name] or "" for name in form.fields}
    return {**kept, "see_by": f"{newest.see_by:%Y-%m-%d}", **changes}


def letter_form(referral: Referral) -> Any:
    from intake.views.review_referral import _letter_form

    return _letter_form(referral)


# --- The clinician's ------------------------------------------------------------------------------


def test_the_case_leads_to_its_referral(referral: Referral, doctor_client: Client):
    shown = words(doctor_client.get(reverse("review:case", args=[referral.case_id])))
    assert f'href="{staffs(referral)}"' in shown
    assert "Letter not sent yet; expected back by" in shown


def test_the_patients_own_doctor_is_offered_first(referral: Referral, doctor_client: Client):
    Receiver.objects.create(name="Dr. Lee", field="spine clinic", address="1 Example Way")
    Receiver.objects.create(name="Dr. Gone", is_offered=False)
    shown = words(doctor_client.get(staffs(referral)))
    first = shown.index("The patient’s own doctor: Dr. Maya Okafor")
    assert first < shown.index("Dr. Lee, spine clinic")
    assert "Dr. Gone" not in shown


def test_a_letter_is_edited_into_another_version(referral: Referral, doctor_client: Client):
    response = doctor_client.post(staffs(referral), typed(referral, history="New words."))
    assert response.status_code == 302
    saved = referral.letters.latest("version")
    assert (saved.version, saved.history) == (2, "New words.")
    shown = words(doctor_client.get(staffs(referral)))
    assert "Version 2," in shown
    assert "Version 1," in shown


def test_the_address_book_fills_in_who_and_where(referral: Referral, doctor_client: Client):
    lee = Receiver.objects.create(name="Dr. Lee", address="1 Example Way, Ashburn, VA 20147")
    doctor_client.post(staffs(referral), typed(referral, receiver=lee.pk))
    saved = referral.letters.latest("version")
    assert (saved.receiver, saved.to_name, saved.to_address) == (lee, lee.name, lee.address)
    doctor_client.post(staffs(referral), typed(referral, receiver=""))
    assert referral.letters.latest("version").to_name == "Dr. Maya Okafor"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"question": ""}, "Write what you ask the doctor."),
        ({"see_by": "soon"}, "Give the day as on a calendar"),
        ({"see_by": ""}, "Give the day by which"),
        ({"receiver": str(uuid4())}, "Choose somebody who is in the address book."),
        ({"signed_by": ""}, "Say who signs the letter."),
        ({"seen_version": ""}, "Look at the newest version"),
        ({"history": "long " * 2000}, "at most 6000"),
    ],
)
def test_a_letter_with_a_hole_gets_a_sentence(
    referral: Referral, doctor_client: Client, changes: dict[str, str], sentence: str
):
    kept = typed(referral, **{"findings": "Kept as typed", **changes})
    shown = words(doctor_client.post(staffs(referral), kept), 422)
    assert sentence in shown
    assert "Kept as typed" in shown
    assert referral.letters.count() == 1


def test_an_older_page_writes_over_nothing(referral: Referral, doctor: User, doctor_client: Client):
    older = typed(referral, history="From the older page.")
    saved_letter(referral, by=doctor, to_name="Dr. Lee")
    shown = words(doctor_client.post(staffs(referral), older), 409)
    assert "Somebody saved this letter meanwhile." in shown
    assert "From the older page." in shown


def test_each_version_is_on_paper(referral: Referral, doctor: User, doctor_client: Client):
    saved_letter(
        referral, by=doctor, question="May care go ahead?", to_name="Dr. Lee, Spine Clinic"
    )
    (page,) = PdfReader(BytesIO(doctor_client.get(staffs(referral, "letter.pdf")).content)).pages
    said = " ".join(page.extract_text().split())
    for part in (
        "Dear Dr. Lee,",
        "May care go ahead?",
        "Ana Reyes",
        "March 9, 1988",
        "Dr. Solomon",
    ):
        assert part in said
    first = doctor_client.get(staffs(referral, "letter.pdf?version=1")).content
    assert "Dr. Maya Okafor" in PdfReader(BytesIO(first)).pages[0].extract_text()
    assert doctor_client.get(staffs(referral, "letter.pdf?version=9")).status_code == 404
    entry = AuditEntry.objects.filter(action="referral letter read").latest("pk")
    assert (entry.actor, entry.detail) == (doctor, {"version": 1})


def test_the_letter_is_one_page_and_a_full_one_goes_on(referral: Referral, doctor: User):
    newest = referral.letters.get()
    assert len(typeset.pictures(letter.TEMPLATE, letter.on_paper(newest))) == 1
    full = saved_letter(referral, by=doctor, history="\n".join(["A long line. " * 20] * 12))
    assert len(typeset.pictures(letter.TEMPLATE, letter.on_paper(full))) == 2


@pytest.mark.parametrize(
    "nasty", ["#panic()", "$x^2$ *bold* _it_ `code` <label> @ref", "\\u{41} // comment", "W" * 300]
)
def test_what_is_typed_is_printed_and_never_obeyed(referral: Referral, doctor: User, nasty: str):
    saved = saved_letter(
        referral, by=doctor, history=nasty, findings=nasty, question=nasty, to_name=nasty[:200]
    )
    assert typeset.pictures(letter.TEMPLATE, letter.on_paper(saved))


def test_what_happened_is_listed(referral: Referral, doctor_client: Client, patient: User):
    data = {"seen_version": "1", "note": "Faxed."}
    assert doctor_client.post(staffs(referral, "sent/"), data).status_code == 302
    assert doctor_client.post(staffs(referral, "seen/"), {"note": "Called."}).status_code == 302
    assert doctor_client.post(staffs(referral, "report/"), file(PNG)).status_code == 302
    shown = words(doctor_client.get(staffs(referral)))
    for said in ("Letter given or sent (1)", "Faxed.", "Seen by the doctor", "Called.", "PNG"):
        assert said in shown
    assert Case.objects.get().state == Case.State.OPEN


def test_a_report_is_handed_out_and_never_run(
    referral: Referral, patient: User, doctor: User, doctor_client: Client
):
    report = handed_in(referral, by=patient, content=JPEG, name="Ana Reyes.jpg")
    response = doctor_client.get(staffs(referral, f"report/{report.pk}/"))
    assert response.content == JPEG
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert "Ana" not in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "no-store"
    entry = AuditEntry.objects.get(action="report read")
    assert (entry.actor, entry.patient_id) == (doctor, patient.patients.get().pk)


def test_a_report_of_another_case_is_not_found(
    referral: Referral, other_patient: User, doctor: User, doctor_client: Client
):
    other = referred(held(other_patient.patients.get()), by=doctor)
    report = handed_in(other, by=other_patient)
    assert doctor_client.get(staffs(referral, f"report/{report.pk}/")).status_code == 404
    wrong = f"/staff/review/{referral.case_id}/referral/{other.pk}/"
    assert doctor_client.get(wrong).status_code == 404


# --- The family's ---------------------------------------------------------------------------------


def test_the_result_leads_to_it(referral: Referral, intake: Intake, patient_client: Client):
    shown = words(patient_client.get(f"/my/intakes/{intake.pk}/"))
    assert f'href="{own(referral)}"' in shown


def test_a_draft_is_nobodys_to_take_along(referral: Referral, doctor: User, patient_client: Client):
    assert "The letter is not ready yet." in words(patient_client.get(own(referral)))
    assert patient_client.get(own(referral, "letter.pdf")).status_code == 302
    letter_out(referral, by=doctor)
    saved_letter(referral, by=doctor, question="A second thought.")
    shown = words(patient_client.get(own(referral)))
    assert "It is for Dr. Maya Okafor." in shown
    response = patient_client.get(own(referral, "letter.pdf"))
    assert response["Content-Disposition"] == 'attachment; filename="letter-to-the-doctor.pdf"'
    assert "no-store" in response["Cache-Control"]
    said = PdfReader(BytesIO(response.content)).pages[0].extract_text()
    assert "A second thought." not in said


def test_a_report_is_handed_in(referral: Referral, patient_client: Client):
    response = patient_client.post(own(referral, "report/"), file(), follow=True)
    shown = words(response)
    assert "Thank you. We have the report." in shown
    assert "report.pdf" in shown
    assert "You will hear from us by" in shown
    report = Report.objects.get()
    back = patient_client.get(f"/my/reports/{report.pk}/")
    assert back.content == PDF
    assert back["Content-Disposition"].startswith("attachment")
    assert Case.objects.get().state == Case.State.OPEN
    assert not Clearance.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"MZ" + b"\x00" * 99, "report.pdf", "This file is none of these."),
        (b"", "report.pdf", "This file is empty."),
        (b"%PDF-" + b"0" * reports.MOST_BYTES, "report.pdf", "This file is too big."),
        (PDF, "..", "Choose the file with the report first."),
        (PDF, "a..b.pdf", "We cannot use the name of this file."),
    ],
)
def test_what_is_not_a_report_gets_a_sentence(
    referral: Referral, patient_client: Client, content: bytes, name: str, sentence: str
):
    upload = as_sent(name, content)
    shown = words(patient_client.post(own(referral, "report/"), {"report": upload}), 422)
    assert sentence in shown
    assert not Report.objects.exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.pdf", "/etc/passwd"])
def test_a_path_in_a_name_leads_nowhere(referral: Referral, patient_client: Client, name: str):
    upload = as_sent(name, PDF)
    patient_client.post(own(referral, "report/"), {"report": upload})
    assert Report.objects.get().name in ("passwd", "boot.pdf")


def test_nothing_chosen_gets_a_sentence(referral: Referral, patient_client: Client):
    shown = words(patient_client.post(own(referral, "report/")), 422)
    assert "Choose the file with the report first." in shown


def test_a_file_never_lies_on_the_disk(
    referral: Referral, patient_client: Client, monkeypatch: pytest.MonkeyPatch
):
    def no_file(*_args: Any, **_more: Any) -> None:
        raise AssertionError("a file was made")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", no_file)
    big = PDF[:8] + b"0" * 4_000_000 + PDF[8:]
    assert patient_client.post(own(referral, "report/"), file(big)).status_code == 302
    assert Report.objects.get().size == len(big)


def test_i_have_seen_the_doctor(referral: Referral, patient_client: Client):
    shown = words(patient_client.post(own(referral, "seen/"), follow=True))
    assert "Dr. Solomon knows that the doctor has seen you." in shown
    assert "I have seen the doctor" not in shown
    assert Case.objects.get().state == Case.State.OPEN
    assert not Clearance.objects.exists()


@pytest.mark.parametrize("page", ["", "letter.pdf", "report/", "seen/"])
def test_nobody_else_comes_near_it(
    referral: Referral, doctor: User, page: str, request: pytest.FixtureRequest
):
    letter_out(referral, by=doctor)
    for who in ("other_patient_client", "desk_client", "administrator_client"):
        client: Client = request.getfixturevalue(who)
        for send in (client.get, lambda at, c=client: c.post(at, file())):
            assert send(own(referral, page)).status_code in (403, 404, 405)
            assert send(staffs(referral, page)).status_code in (403, 404, 405)
    assert not Report.objects.exists()


def test_another_patients_file_is_not_found(
    referral: Referral, patient: User, other_patient_client: Client
):
    report = handed_in(referral, by=patient)
    assert other_patient_client.get(f"/my/reports/{report.pk}/").status_code == 404
    assert not AuditEntry.objects.filter(action="report read").exists()


def test_answers_of_another_in_the_case_do_not_open_it(
    intake: Intake, other_patient: User, doctor: User, patient_client: Client
):
    """The letter speaks of the newest answers: whose they are reads it."""
    theirs = held(other_patient.patients.get())
    referral = referred(theirs, by=doctor)
    assert patient_client.get(own(referral)).status_code == 404


def test_each_look_is_on_the_trail(
    referral: Referral, patient: User, doctor: User, request: pytest.FixtureRequest
):
    for name, who, page in (
        ("patient_client", patient, own(referral)),
        ("doctor_client", doctor, staffs(referral)),
    ):
        request.getfixturevalue(name).get(page)
        entry = AuditEntry.objects.filter(subject_kind="referral", action="viewed").latest("pk")
        assert (entry.actor, entry.subject_id) == (who, str(referral.pk))
        assert entry.patient_id == patient.patients.get().pk
