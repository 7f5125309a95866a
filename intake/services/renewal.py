"""Starting a patient's next form: the short one within a year of a full one, else the full one."""

from datetime import date, datetime
from uuid import UUID

from clinic import audit
from clinic.models import User
from intake import renewal
from intake.exceptions import SomebodyLooksFirst
from intake.models import Intake, IntakeDraft, Patient
from intake.public import is_held
from intake.services.drafts import ALSO_HURTS, ELSEWHERE, TYPED, answers_on, start_draft


def begin_next_form(*, patient: Patient, browser: UUID, by: User, now: datetime) -> IntakeDraft:
    """The short form, or the full one with what is known filled in, for one of `by`'s family.

    Raises SomebodyLooksFirst while a case of theirs is unresolved.
    """
    if is_held(patient.pk):
        raise SomebodyLooksFirst
    with audit.writing(by):
        draft = start_draft(browser=browser, now=now)
        draft.born = patient.born
        records = Patient.objects.same_person_as(patient.pk)
        draft.renews = Intake.objects.filter(patient__in=records).renewable(now).first()
        draft.about = (
            known_of(patient, draft.renews) if draft.renews else {TYPED: typed_of(patient)}
        )
        draft.save(update_fields=["born", "renews", "about"])
        action = "short form begun" if draft.renews else "form begun"
        audit.record(by, action, patient, at=now, patient_id=patient.pk)
    return draft


def still_to_confirm(draft: IntakeDraft, day: date) -> dict[str, object]:
    """The earlier answers that nobody has confirmed or changed yet; of a full form, none."""
    if draft.renews is None:
        return {}
    asked_again = renewal.ASKED_AT_DESK if draft.typed_by_id else renewal.ASKED_AGAIN
    said = answers_on(draft, day)
    return renewal.to_confirm(draft.renews.answers, said, asked_again=asked_again)


def known_of(patient: Patient, earlier: Intake) -> dict[str, object]:
    """Who they are, from the record; what they take, as they said it last."""
    # Where else it hurts is of its own day: it is marked anew or not at all.
    details = {key: each for key, each in earlier.details.items() if key != ALSO_HURTS}
    return {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "phone": str(patient.phone),
        "email": patient.email,
        "town_id": patient.town_id,
        "elsewhere": patient.elsewhere,
        "details": details,
        TYPED: {name: details.get(name, "") for name in ("medicines", "allergies")},
    }


def typed_of(patient: Patient) -> dict[str, str]:
    """What the full form need not ask again; it is shown, and can be changed."""
    return {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "phone": patient.phone.as_national if patient.phone else "",
        "email": patient.email,
        "town": str(patient.town_id or (ELSEWHERE if patient.elsewhere else "")),
        "elsewhere": patient.elsewhere,
    }
