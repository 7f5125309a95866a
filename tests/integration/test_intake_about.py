"""Who they are: what is refused and kept, what is stored, and the guardian of a minor."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake import wordings
from intake.forms import AboutForm
from intake.models import GuardianConsent, Intake, IntakeDraft, Patient
from tests import answers, walking

pytestmark = pytest.mark.django_db

ABOUT = "/intake/about-you/"
MINOR_BORN = timezone.localdate() - timedelta(days=365 * 15)


@pytest.fixture
def at_about(client: Client) -> Client:
    walking.start(client)
    walking.answer(client, answers.BOOK)
    return client


@pytest.fixture
def minor_at_about(client: Client) -> Client:
    walking.start(client)
    walking.answer(client, answers.MINOR, born=MINOR_BORN)
    return client


def draft() -> IntakeDraft:
    return IntakeDraft.objects.latest("started_at")


def test_what_is_kept_is_what_a_submission_reads(at_about):
    response = walking.tell(at_about, own_words="I bent down.", medicines="Aspirin")
    assert walking.place(response) == "/intake/check/"
    typed = draft().about["typed"]
    assert (typed["own_words"], typed["medicines"]) == ("I bent down.", "Aspirin")
    at_about.post("/intake/check/")
    kept = draft().about
    assert kept["phone"] == "+17035550101"
    assert kept["email"] == "ana@example.com"
    assert kept["own_words"] == "I bent down."
    assert kept["details"]["medicines"] == "Aspirin"
    assert kept["elsewhere"] == ""
    assert isinstance(kept["town_id"], int)


def test_each_agreement_is_kept_with_its_words_version_and_time(at_about):
    walking.tell(at_about)
    at_about.post("/intake/check/")
    kept = {consent["kind"]: consent for consent in Intake.objects.get().consents}
    assert set(kept) == {"care", "messages", "privacy"}
    assert kept["care"]["version"] == wordings.CARE.version
    assert kept["care"]["words"] == str(wordings.CARE.text)
    assert kept["care"]["at"]


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("given_name", "", "Type your first name."),
        ("family_name", "  ", "Type your last name."),
        ("phone", "", "Type a phone number with its area code"),
        ("phone", "555-0101", "Type a phone number with its area code"),
        ("phone", "call me", "Type a phone number with its area code"),
        ("email", "", "Type your email address."),
        ("email", "ana@", "Type an email address such as"),
        ("town", "", "Pick your town"),
        ("town", "999999", "Pick your town"),
        ("town", "elsewhere", "Type the name of your town."),
        ("payment", None, "Pick how you will pay"),
        ("payment", "gold", "Pick how you will pay"),
        ("emergency_phone", "911!", "Type a phone number with its area code"),
        ("agree_care", None, "Tick that you agree to care"),
        ("agree_messages", None, "Tick that we may email you"),
        ("agree_privacy", None, "Read the privacy notice"),
    ],
)
def test_a_mistake_gets_a_sentence_and_nothing_typed_is_lost(at_about, name, typed, sentence):
    changes = {"own_words": "It began on Monday.", name: typed}
    response = walking.tell(at_about, **changes)
    assert response.status_code == 200
    assert [error for error in walking.errors(response) if error.startswith(sentence)]
    page = response.content.decode()
    for target in re.findall(r'class="error-summary".*?</div>', page, re.S)[0].split('href="#')[1:]:
        assert f'id="{target.split(chr(34))[0]}"' in page
    here = walking.place(response)
    assert name in walking.ABOUT_BY_SLUG[walking.about_slug(here)].fields, "put where it is asked"
    # Leaving and coming back shows what was typed, and the check leads to what is wrong.
    if name in ("email", "elsewhere", "given_name") and typed:
        assert escape(typed) in at_about.get(here).content.decode()
    assert at_about.get("/intake/check/").url == here
    if walking.about_slug(here) not in ("who", "guardian"):
        story = at_about.get(f"{ABOUT}what-happened/").content.decode()
        assert "It began on Monday." in story


def test_somebody_signed_in_need_not_type_their_address_again(patient, patient_client):
    walking.start(patient_client)
    walking.answer(patient_client, answers.BOOK)
    assert f'value="{patient.email}"' in patient_client.get(ABOUT).content.decode()
    patient_client.post(ABOUT, {"email": "son@example.com"})
    page = patient_client.get(ABOUT).content.decode()
    assert 'value="son@example.com"' in page
    assert patient.email not in page


def test_a_town_from_elsewhere_is_welcome(at_about):
    response = walking.tell(at_about, town="elsewhere", elsewhere="Leesburg")
    assert walking.place(response) == "/intake/check/"
    at_about.post("/intake/check/")
    assert draft().about["town_id"] is None
    assert draft().about["elsewhere"] == "Leesburg"


def test_back_and_language_keep_what_was_typed(at_about):
    at_about.post(ABOUT, {"given_name": "Ana", "phone": "70", "back": "1"})
    page = at_about.get(ABOUT).content.decode()
    assert 'value="Ana"' in page
    assert 'value="70"' in page
    response = at_about.post(ABOUT, {"given_name": "Anita", "language": "es"})
    page = response.content.decode()
    assert '<html lang="es">' in page
    assert 'value="Anita"' in page
    assert walking.errors(response) == []


@pytest.mark.parametrize("button", [{"back": "1"}, {"language": "en"}])
def test_what_the_check_shows_is_what_is_sent(at_about, button):
    walking.tell(at_about, given_name="Ann", email="old@example.com")
    at_about.post(ABOUT, walking.about() | button)
    assert "Ana" in at_about.get("/intake/check/").content.decode()
    at_about.post("/intake/check/")
    intake = Intake.objects.get()
    assert (intake.given_name, intake.email) == ("Ana", "ana@example.com")


def test_nobody_is_sent_without_a_name_a_phone_and_agreements(at_about):
    at_about.post(ABOUT, walking.about() | {"back": "1"})
    assert at_about.post("/intake/check/").url == f"{ABOUT}paying/"
    walking.tell(at_about)
    at_about.post("/intake/check/")
    intake = Intake.objects.get()
    assert (intake.name_key, intake.phone.as_e164) == ("ana reyes", "+17035550101")
    assert {consent["kind"] for consent in intake.consents} == {"care", "messages", "privacy"}


def test_an_address_we_could_not_sign_in_with_is_not_taken(at_about):
    page = at_about.post(ABOUT, walking.about(email="ana@exämple.com"))
    assert walking.errors(page) == ["Type the email address with plain letters only."]


def test_a_minor_needs_a_guardian_who_agrees(minor_at_about):
    said = walking.errors(walking.tell(minor_at_about))
    assert "Type the full name of the parent or guardian." in said
    assert "A parent or legal guardian must agree before we can help." in said
    response = walking.tell(minor_at_about, **walking.GUARDIAN)
    assert walking.place(response) == "/intake/check/"
    response = minor_at_about.post("/intake/check/")
    code = walking.emailed_code()
    minor_at_about.post("/intake/code/", {"code": code})
    consent = GuardianConsent.objects.get(patient=Patient.objects.get())
    assert (consent.guardian_name, consent.relationship) == ("Rosa Reyes", "mother")
    assert consent.wording_version == wordings.GUARDIAN.version


def test_a_minor_alone_is_told_and_loses_nothing(client):
    walking.start(client)
    said = {**answers.BOOK, "guardian": "no"}
    response = walking.answer(client, said, born=MINOR_BORN)
    page = response.content.decode()
    assert "A parent or legal guardian must fill this in with you." in page
    assert 'name="given_name"' not in page
    assert client.get("/intake/check/").url == ABOUT
    assert client.post("/intake/check/").url == ABOUT
    assert client.post(ABOUT, walking.about(**walking.GUARDIAN)).status_code == 200
    assert Intake.objects.count() == 0
    assert draft().answers["guardian"] == "no"
    client.post("/intake/parent-or-guardian/", {"guardian": "yes"})
    assert 'name="given_name"' in client.get(ABOUT).content.decode()


def test_an_adult_is_not_asked_for_a_guardian(at_about):
    page = at_about.get(ABOUT).content.decode()
    assert "guardian_name" not in page


def test_somebody_who_becomes_a_minor_by_a_corrected_date_is_asked(at_about):
    walking.tell(at_about)
    at_about.post("/intake/date-of-birth/", {**walking.birth(MINOR_BORN), "from": "check"})
    at_about.post("/intake/parent-or-guardian/", {"guardian": "yes", "from": "check"})
    assert at_about.post("/intake/check/").url == f"{ABOUT}guardian/"
    assert Intake.objects.count() == 0


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    data=st.dictionaries(
        st.sampled_from([*AboutForm.base_fields, "back", "language"]),
        st.one_of(
            st.text(max_size=200),
            st.sampled_from(
                ["\x00", "elsewhere", "1", "-1", "9" * 40, "on", "+1703555", "ana@é.x"]
            ),
        ),
    )
)
def test_random_posts_are_answered_with_a_page(at_about, data):
    for slug in walking.ABOUT_BY_SLUG:
        address = ABOUT if slug == "who" else f"{ABOUT}{slug}/"
        expected = (404,) if slug == "guardian" else (200, 302)
        assert at_about.post(address, data).status_code in expected
        assert at_about.get(address).status_code in expected
