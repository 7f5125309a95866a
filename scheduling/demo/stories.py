"""Held cases and how they came about: each kind of outcome, and the ways people get there."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from clinic.services import make_account
from intake import services
from intake.exercises import BY_ID
from intake.models import Case, Disposition, Intake, Patient, ReviewDecision
from intake.services.cases import due
from scheduling.demo import people
from scheduling.demo.acting import Scene, choose_a_time, patient_of, tap_an_emergency, tell
from scheduling.demo.people import Person

Kind = ReviewDecision.Kind
A_DAY = timedelta(days=1)


def tell_all(scene: Scene) -> None:
    for story in STORIES:
        story(scene)


def a_family(scene: Scene) -> None:
    """The daughter is 15: her mother agreed, the doctor cleared her, and she has a visit."""
    patient = cleared(scene, people.HER_DAUGHTER, days=4, because="Her pediatrician knows. Gentle.")
    choose_a_time(patient, day=scene.today + 2 * A_DAY, now=scene.ago(days=2), nth=3)


def an_emergency_before_a_visit(scene: Scene) -> None:
    """She has a visit tomorrow and says today what cannot wait: it is given back at once."""
    patient = patient_of(tell(scene, people.IN_TROUBLE, now=scene.ago(days=6)))
    choose_a_time(patient, day=scene.today + A_DAY, now=scene.ago(days=5), nth=2)
    signs = {"saddle": "no", "leg_pain": "both", "neuro_change": "worse"}
    tap_an_emergency(signs, born=patient.born, now=scene.ago(minutes=25), account=patient.account)


def an_anonymous_emergency(scene: Scene) -> None:
    """Only a number was left."""
    born = date(scene.today.year - people.ANONYMOUS_AGE, 1, 1)
    said = tap_an_emergency(people.SADDLE, born=born, now=scene.ago(minutes=50))
    services.leave_contact(
        intake_id=said.pk,
        name="",
        phone=people.ANONYMOUS_PHONE,
        by=None,
        now=scene.ago(minutes=47),
    )


def a_mistaken_tap(scene: Scene) -> None:
    """The answers sent after it join the same case: the emergency stays until somebody asks."""
    at = scene.ago(hours=3)
    said = tap_an_emergency(people.SADDLE, born=people.MISTAKEN.born(scene.today), now=at)
    draft = services.report_mistake(
        intake=said, browser=said.browser or uuid4(), by=None, now=at + timedelta(minutes=1)
    )
    tell(scene, people.MISTAKEN, now=at + timedelta(minutes=9), draft=draft)


def an_emergency_that_is_over(scene: Scene) -> None:
    said = tell(scene, people.OVER_WITH, now=scene.ago(days=9))
    decide(
        scene,
        said,
        Kind.EMERGENCY_RESOLVED,
        "Called: seen at the ER the same evening, nothing found. She may answer again.",
        at=scene.ago(days=7),
    )


def a_fever(scene: Scene) -> None:
    """Waits for review, and said which times suit him.

    His roommate's easy answers come from the same phone and wait as well.
    """
    said = tell(scene, people.FEVERISH, now=scene.ago(hours=2))
    services.wish_times(
        case_id=Case.objects.get(intakes=said).pk,
        half_days=["0-am", "2-pm", "4-am"],
        note="Mornings best before 11.",
        by=make_account(email=people.FEVERISH.email, now=scene.now),
        now=scene.ago(hours=1, minutes=50),
    )
    tell(scene, people.ROOMMATE, now=scene.ago(hours=1))


def a_milder_second_try(scene: Scene) -> None:
    tell(scene, people.BETTER_NOW, now=scene.ago(hours=21))
    tell(
        scene,
        replace(people.BETTER_NOW, said={}, words="I feel fine again."),
        now=scene.ago(hours=5),
    )


def sent_to_a_doctor(scene: Scene) -> None:
    said = tell(scene, people.SENT_TO_DOCTOR, now=scene.ago(days=3))
    why = "One-sided numbness for weeks. Family doctor this week, with the report back to us."
    decide(scene, said, Kind.REFER, why, at=scene.ago(days=2, hours=20))


def a_fall(scene: Scene) -> None:
    """Nobody has looked at it yet, and it is overdue."""
    tell(scene, people.FALLEN, now=_long_enough_ago(scene))


def news_before_a_visit(scene: Scene) -> None:
    """New answers hold him, and his visit next week waits for a decision."""
    patient = patient_of(tell(scene, people.NEWS_BEFORE_VISIT, now=scene.ago(days=5)))
    choose_a_time(patient, day=scene.today + 4 * A_DAY, now=scene.ago(days=4), nth=4)
    news = {**people.NEWS_BEFORE_VISIT.said, **people.FEVER}
    tell(
        scene,
        replace(people.NEWS_BEFORE_VISIT, said=news),
        now=scene.ago(hours=4),
    )


def exercises_after_visits(scene: Scene) -> None:
    """The pain goes down, and she has a sheet to do at home."""
    family = Patient.objects.filter(account__email=people.WITH_FAMILY.email)
    patient = family.get(given_name=people.WITH_FAMILY.given)
    for score, days in ((6, 16), (4, 9), (2, 2)):
        services.note_pain(
            patient_id=patient.pk, score=score, by=scene.doctor, now=scene.ago(days=days)
        )
    given = ("cat-camel", "pelvic-tilt", "hamstring")
    services.give_exercises(
        patient_id=patient.pk,
        chosen={name: BY_ID[name].dose for name in given},
        note="Mornings, before you sit down to work.",
        latest_seen=None,
        by=scene.doctor,
        now=scene.ago(days=2),
    )


def cleared_with_an_xray(scene: Scene) -> None:
    why = "Known osteoporosis, treated. Film before any adjustment."
    patient = cleared(scene, people.FOR_XRAY, days=4, because=why, xray=True)
    choose_a_time(patient, day=scene.today, now=scene.ago(minutes=5))


def cleared_and_still_to_choose(scene: Scene) -> None:
    why = "On a blood thinner, stable. Low force only; his cardiologist agrees."
    cleared(scene, people.TO_CHOOSE, days=1, because=why, kind=Kind.SUPPORTIVE)


def waiting_for_review(scene: Scene) -> None:
    tell(scene, people.HELD_MINOR, now=scene.ago(hours=19))
    tell(scene, people.EXPECTING, now=scene.ago(hours=16))
    tell(scene, people.NO_PROGRESS, now=scene.ago(hours=11))
    tell(scene, people.UNSURE, now=scene.ago(hours=6))


def back_again(scene: Scene) -> None:
    """She might have booked, and did not. Now the short questions are enough."""
    tell(scene, people.BACK_AGAIN, now=scene.ago(days=45))


def perhaps_the_same_person(scene: Scene) -> None:
    """Twice the same name and birthday, from two addresses."""
    tell(scene, people.TWICE, now=scene.ago(days=12))
    tell(scene, people.TWICE_AGAIN, now=scene.ago(days=1))


STORIES = (
    a_family,
    an_emergency_that_is_over,
    back_again,
    perhaps_the_same_person,
    exercises_after_visits,
    cleared_with_an_xray,
    cleared_and_still_to_choose,
    sent_to_a_doctor,
    a_fall,
    news_before_a_visit,
    a_milder_second_try,
    waiting_for_review,
    a_mistaken_tap,
    a_fever,
    an_anonymous_emergency,
    an_emergency_before_a_visit,
)


def _long_enough_ago(scene: Scene) -> datetime:
    """As few days as let a review fall due: two, and more around a weekend or a holiday."""
    moments = (scene.ago(days=days) for days in range(2, 15))
    return next(at for at in moments if due(Disposition.CO_MANAGE, now=at) < scene.now)


def cleared(
    scene: Scene,
    person: Person,
    *,
    days: float,
    because: str,
    kind: str = Kind.CLEAR,
    xray: bool = False,
) -> Patient:
    """Held `days` ago, and cleared some hours later."""
    said = tell(scene, person, now=scene.ago(days=days))
    decide(scene, said, kind, because, at=scene.ago(days=days, hours=-5), xray=xray)
    return patient_of(said)


def decide(
    scene: Scene, said: Intake, kind: str, because: str, *, at: datetime, xray: bool = False
) -> None:
    services.decide(
        case_id=Case.objects.get(intakes=said).pk,
        latest_seen=said.pk,
        kind=kind,
        reason=because,
        by=scene.doctor,
        now=at,
        xray_allowed=xray,
    )
