"""The one page for the patient's own doctor, on screen and as a PDF."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from clinic import typeset
from clinic.checks import paper_has_its_letters
from clinic.models import AuditEntry, User
from intake import services, summary
from intake.models import Finding, Intake, PainScore
from intake.triage import PROTOCOL
from tests import answers
from tests.integration.test_review_pages import proved

pytestmark = pytest.mark.django_db

OWN_WORDS = "My back locked when I tied my shoe."
DETAILS = {
    "medicines": "ibuprofen, lisinopril",
    "allergies": "penicillin",
    "also_hurts": ["buttock_left", "calf_left"],
}
# What a template would obey, break on, or run off the paper with.
NASTY = [
    '#panic("obeyed")',
    '#read("/etc/passwd") #import "x"',
    "]}) // /* `` ``` $x^2$ *b* _i_ <label> @ref \\ \" ' ~ --- #",
    "W" * 2000,
    "漢字 😀 \u202e\u200f \t\n\n\n " * 200,
    "{{ 7 * 7 }} <script>alert(1)</script> &amp;",
]

# Of people who live around here; each has letters that Atkinson lacks or that others forget.
NAMES = [
    "Nguyễn Thị Thuỳ Dương",
    "Łukasz Żółć",
    "İbrahim Şahin",
    "Jiří Dvořák",
    "Ștefan Țepeș",
    "Ọláolúwa Ṣadé",
    "Lǚ Xiǎoyǔ",
    "Kaʻiulani Kealoha",  # noqa: RUF001
    "Ḥasan Ṭāriq",
    "Əli Ağayev",
    "Олександр Щербак",
    "Γιώργος Παπαδόπουλος",
    "Æsa Þórðardóttir",
]


def told(account: User, said: dict[str, object] = answers.REFER, **about: Any) -> Intake:
    about = {"own_words": OWN_WORDS, "details": DETAILS, **about}
    return proved(said, account, **about)


def address(intake: Intake, form: str = ".pdf") -> str:
    return f"/my/intakes/{intake.pk}/summary{form}"


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def pages(intake: Intake) -> int:
    return len(typeset.pictures(summary.TEMPLATE, summary.on_paper(summary.of(intake))))


def with_every_rule(intake: Intake) -> Intake:
    """As no form could be answered: more than any page has to hold."""
    known = set(intake.findings.values_list("rule", flat=True))
    Finding.objects.bulk_create(
        Finding(
            intake=intake,
            rule=rule.id,
            disposition=rule.disposition.value,
            reason=rule.because,
            urgency=rule.urgency,
            source=rule.source,
            quotes=[
                {"id": question.id, "question": question.text, "labels": ["A long answer. " * 4]}
                for question in PROTOCOL.questions[:4]
            ],
        )
        for rule in PROTOCOL.rules
        if rule.id not in known
    )
    return intake


# --- What it says -----------------------------------------------------------------------------


def test_the_page_says_who_why_and_what_is_asked(patient: User, patient_client: Client):
    shown = words(patient_client.get(address(told(patient), "/")))
    for said in (
        "Ana Reyes",
        "March 9, 1988",
        "You have had a fever with your back pain.",
        "Since your back pain began, have you had a fever? <b>Yes</b>",
        OWN_WORDS,
        "ibuprofen, lisinopril",
        "penicillin",
        "Low back",
        "3 of 10 at its worst",
        "Left buttock, Left calf",
        "Please examine this patient for the points below, by",
        "whether chiropractic care may go ahead",
        "What it is not: a diagnosis",
        "(703) 555-0142",
        "123 Example Plaza, Ashburn, VA 20147",
    ):
        assert said in shown, said


def test_paper_and_page_say_the_same(patient: User, patient_client: Client):
    intake = told(patient)
    shown = words(patient_client.get(address(intake, "/")))
    for said in strings(summary.on_paper(summary.of(intake))):
        assert said == "en" or said in shown, said


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) and value else []


def test_an_alongside_asks_for_what_to_know(patient: User):
    assert "care for the back alongside you" in summary.of(told(patient, answers.CO_MANAGE)).asks


@pytest.mark.parametrize(
    ("said", "kind", "plan"),
    [
        (answers.REFER, "CLEAR", "He has decided that the patient may have chiropractic care."),
        (answers.CO_MANAGE, "SUPPORTIVE", "He plans to care for the back alongside you."),
    ],
)
def test_once_cleared_it_says_so_and_asks_for_no_visit(
    patient: User, doctor: User, said: dict[str, object], kind: str, plan: str
):
    intake = told(patient, said)
    services.decide(
        case_id=intake.case_id,
        latest_seen=intake.pk,
        kind=kind,
        reason="Called.",
        by=doctor,
        now=timezone.now(),
    )
    sheet = summary.of(Intake.objects.get())
    assert plan in sheet.asks
    assert sheet.asks.endswith("Please tell us of anything we must know or leave alone.")
    assert "We give no care" not in sheet.asks
    assert sheet.reasons_title == "What we told the patient (“you”), and why"
    assert sheet.reasons
    told(patient, answers.REFER)
    assert plan not in summary.of(intake).asks, "other answers are held since"


def test_who_may_book_at_once_is_sent_to_nobody_first(patient: User):
    sheet = summary.of(told(patient, answers.BOOK))
    assert sheet.asks.startswith("Nothing in these answers asks for a doctor first.")
    assert "a doctor should look first" not in sheet.reasons_title


def test_an_emergency_says_what_the_patient_was_told(patient: User):
    assert "call 911" in summary.of(told(patient, answers.EMERGENCY)).asks


def test_no_rule_and_no_code_is_named(patient: User):
    said = " ".join(strings(summary.on_paper(summary.of(told(patient)))))
    assert not {rule.id for rule in PROTOCOL.rules} & set(said.split())
    assert "REFER" not in said


def test_nothing_written_is_said_so(patient: User):
    sheet = summary.of(proved(answers.REFER, patient))
    assert sheet.own_words.words == "Nothing was written here."


# --- The paper --------------------------------------------------------------------------------


def test_the_pdf_is_one_page_without_a_warning(patient: User):
    intake = told(patient)
    assert summary.pdf(intake, now=timezone.now()).startswith(b"%PDF")
    assert pages(intake) == 1


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_what_people_type_is_shown_and_never_obeyed(patient: User, nasty: str):
    details = {"medicines": nasty, "allergies": nasty}
    intake = told(
        patient, own_words=nasty, details=details, given_name=nasty.replace("\n", "")[:80]
    )
    assert pages(intake) == 1
    kept = summary.on_paper(summary.of(intake))["texts"][0]["words"].replace("\u200b", "")
    whole = " ".join(nasty.split())
    assert kept == whole or kept.rstrip("…") in whole


def test_the_fullest_answers_stay_on_one_page_and_say_what_is_missing(patient: User):
    long = {"medicines": "WORD " * 400, "allergies": "WORD " * 400}
    intake = with_every_rule(told(patient, own_words="MANY " * 400, details=long))
    sheet = summary.of(intake)
    assert "did not fit here" in sheet.more_reasons
    assert sheet.own_words.note == "Cut to fit the page. The clinic has all of it."
    assert pages(intake) == 1


def test_a_missing_font_is_an_error_and_not_another_font(patient: User, settings: Settings):
    intake = told(patient)
    settings.PAPER_FONTS = [settings.BASE_DIR / "docs"]
    with pytest.raises(typeset.TypesetterWarned, match="font"):
        summary.pdf(intake, now=timezone.now())


@pytest.mark.parametrize("name", NAMES)
def test_names_are_printed_in_their_own_letters(patient: User, name: str):
    """The typesetter warns of nothing, prints no empty box, and the text can be copied."""
    given, family = name.split(" ", 1)
    intake = told(patient, given_name=given, family_name=family, own_words=name)
    (page,) = PdfReader(BytesIO(summary.pdf(intake, now=timezone.now()))).pages
    assert " ".join(page.extract_text().split()).count(name) == 2


@pytest.mark.parametrize("written", ["王小明", "김철수", "It hurts 😭"])
def test_no_empty_box_is_ever_printed(patient: User, written: str):
    with pytest.raises(typeset.LetterMissing) as refused:
        summary.pdf(told(patient, own_words=written), now=timezone.now())
    assert not str(refused.value)
    assert refused.value.__suppress_context__, "the typesetter's own words quote what was typed"


@pytest.mark.parametrize("written", [nasty for nasty in NASTY if "漢" not in nasty])
def test_what_is_typed_comes_onto_paper(patient: User, written: str):
    assert summary.pdf(told(patient, own_words=written), now=timezone.now())


# --- Without the paper ------------------------------------------------------------------------


def test_letters_that_cannot_be_printed_lead_to_the_page_that_shows_them(
    patient: User, patient_client: Client
):
    intake = told(patient, own_words="王小明")
    response = patient_client.get(address(intake) + "?in=es", follow=True)
    assert response.redirect_chain == [(address(intake, "/") + "?in=es", 302)]
    shown = words(response)
    assert "The PDF cannot show some of the letters or signs that were typed." in shown
    assert "王小明" in shown


def test_without_its_fonts_the_page_is_there_and_the_log_says_so(
    patient: User, patient_client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
):
    settings.PAPER_FONTS = [settings.BASE_DIR / "docs"]
    intake = told(patient)
    response = patient_client.get(address(intake) + "?in=tlh", follow=True)
    assert response.redirect_chain == [(address(intake, "/"), 302)]
    shown = words(response)
    assert "We cannot make the PDF right now." in shown
    assert OWN_WORDS in shown
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said.endswith("TypesetterWarned")


def test_a_page_the_typesetter_refuses_is_there_too(
    patient: User, patient_client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "broken.typ").write_text('#panic("more than a page")')
    monkeypatch.setattr(summary, "TEMPLATE", tmp_path / "broken.typ")
    response = patient_client.get(address(told(patient)), follow=True)
    assert "We cannot make the PDF right now." in words(response)


def test_the_system_check_says_which_fonts_to_install(settings: Settings, tmp_path: Path):
    assert paper_has_its_letters() == []
    settings.PAPER_FONTS = [
        *settings.PAPER_FONTS,
        tmp_path / "@expo-google-fonts" / "noto-sans" / "700Bold",
    ]
    (warning,) = paper_has_its_letters()
    assert "@expo-google-fonts/noto-sans" in warning.msg
    assert "atkinson" not in warning.msg
    assert "npm ci" in str(warning.hint)


def test_another_language_is_set_in_its_own(patient: User):
    intake = told(patient)
    with translation.override("es"):
        assert summary.on_paper(summary.of(intake))["language"] == "es"


# --- Who gets it ------------------------------------------------------------------------------


def test_the_pdf_names_nobody_and_is_kept_nowhere(patient: User, patient_client: Client):
    response = patient_client.get(address(told(patient)))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="summary-for-the-doctor.pdf"'
    assert "no-store" in response["Cache-Control"]
    assert response.content.startswith(b"%PDF")


@pytest.mark.parametrize(("form", "how"), [(".pdf", "PDF"), ("/", "page")])
def test_each_look_is_on_the_trail(patient: User, doctor: User, form: str, how: str, request):
    intake = told(patient)
    for name, who in (("patient_client", patient), ("doctor_client", doctor)):
        request.getfixturevalue(name).get(address(intake, form))
        entry = AuditEntry.objects.filter(action="summary read").latest("pk")
        assert (entry.actor, entry.patient_id) == (who, intake.patient_id)
        assert (entry.subject_id, entry.detail) == (str(intake.pk), {"form": how})


@pytest.mark.parametrize("form", [".pdf", "/"])
@pytest.mark.parametrize("who", ["other_patient_client", "desk_client", "administrator_client"])
def test_nobody_else_reads_it(patient: User, form: str, who: str, request):
    intake = told(patient)
    response = request.getfixturevalue(who).get(address(intake, form))
    assert response.status_code in (403, 404)
    assert not AuditEntry.objects.filter(action="summary read").exists()


def test_a_doctor_reads_it_in_english_whatever_the_patient_reads(
    patient: User, patient_client: Client
):
    intake = told(patient)
    patient_client.cookies["django_language"] = "es"
    shown = words(patient_client.get(address(intake, "/")))
    assert 'href="?in=en"' in shown
    shown = words(patient_client.get(address(intake, "/") + "?in=en"))
    assert '<article class="paper" lang="en">' in shown
    assert patient_client.get(address(intake) + "?in=en").status_code == 200
    assert patient_client.get(address(intake) + "?in=tlh").status_code == 200


@pytest.mark.parametrize(("form", "queries"), [(".pdf", 12), ("/", 13)])
def test_it_takes_the_same_few_queries(
    patient: User, patient_client: Client, form: str, queries: int, django_assert_num_queries
):
    intake = with_every_rule(told(patient))
    patient_client.get(address(intake, form))
    with django_assert_num_queries(queries):
        patient_client.get(address(intake, form))


# --- How the pain went --------------------------------------------------------------------------


def test_the_pdf_draws_how_the_pain_went(patient: User, doctor: User):
    intake = told(patient)
    assert summary.on_paper(summary.of(intake))["line"] is None, "one score is no line"
    without = printed(intake)
    for days, score in enumerate((7, 0, 10, 5), start=1):
        PainScore.objects.create(
            patient=intake.patient, score=score, at=intake.submitted_at + timedelta(days), by=doctor
        )
    line = summary.on_paper(summary.of(intake))["line"]
    assert line["scores"] == [3, 7, 0, 10, 5]
    assert "time by time" not in without
    assert "The worst pain, time by time" in printed(intake)
    assert pages(intake) == 1


def test_it_makes_room_where_the_page_is_full(patient: User, doctor: User):
    intake = with_every_rule(told(patient, own_words="W " * 2000))
    for days in range(12):
        PainScore.objects.create(
            patient=intake.patient, score=days % 11, at=timezone.now() - timedelta(days), by=doctor
        )
    assert pages(intake) == 1
    scores = summary.on_paper(summary.of(intake))["line"]["scores"]
    # Told in numbers, and not left out.
    assert ", ".join(map(str, scores)) in printed(intake)


def test_spanish_paper_has_spanish_dates(patient: User):
    with translation.override("es"):
        assert "9 de marzo de 1988" in printed(told(patient))


def printed(intake: Intake) -> str:
    document = summary.pdf(intake, now=timezone.now())
    return " ".join(PdfReader(BytesIO(document)).pages[0].extract_text().split())
