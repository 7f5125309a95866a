"""In Spanish from the first page to the email, with times as they are said there."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from time_machine import TimeMachineFixture

from clinic import times
from clinic.models import Message
from intake.models import Intake
from tests import answers, walking
from tests.factories.scheduling import NINE, NOW
from tests.wording import pseudo
from tests.wording.catalogue import patient_messages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_evening(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def spanish(client: Client) -> Client:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    return client


def english_on(response) -> set[str]:
    """Whole English sentences of ours among the texts of a page that should have none."""
    ours = {message.text for message in patient_messages() if " " in message.text}
    shown = pseudo.read(response.content.decode().replace(' lang="es"', ""))
    return ours & {" ".join(text.split()) for text in (*shown.texts, *shown.attributes)}


def test_from_start_to_the_result(spanish):
    assert "Espasmo de espalda" in spanish.get("/").content.decode()
    walking.start(spanish)
    for page in (spanish.get("/intake/", follow=True), walking.answer(spanish, answers.REFER)):
        assert '<html lang="es">' in page.content.decode()
        assert not english_on(page)
    check = walking.tell(spanish)
    assert "Revise sus respuestas" in check.content.decode()
    assert not english_on(check)
    spanish.post("/intake/check/", follow=True)
    letter = Message.objects.get(kind="code")
    assert letter.subject.startswith("Su código para entrar")
    assert "Hola:" in letter.body
    result = spanish.post("/intake/code/", {"code": walking.emailed_code()}, follow=True)
    assert "Vea primero a un médico" in result.content.decode()
    assert "Ha tenido fiebre con su dolor de espalda." in result.content.decode()
    assert not english_on(result)


def test_what_was_agreed_is_kept_in_the_words_that_were_read(spanish):
    walking.finish(spanish, answers.BOOK)
    care = next(each for each in Intake.objects.get().consents if each["kind"] == "care")
    assert care["words"].startswith("Acepto que la clínica me examine")


def test_a_date_is_said_as_in_spanish():
    with translation.override("es"):
        assert times.in_words(NINE) == "mar 10 de noviembre, 9:00 AM"
        assert times.day_in_words(NINE.date()) == "mar 10 de noviembre"
    with translation.override("en"):
        assert times.in_words(NINE) == "Tue, Nov 10 at 9:00 AM"
