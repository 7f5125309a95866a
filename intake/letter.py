"""The letter that goes with a referral: drafted from the answers, and laid out for paper.

It is written in English, to a doctor, and by the chiropractor: what is drafted here is a start
that he edits. `paper/letter.typ` lays it out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.formats import date_format

from clinic import times, typeset
from clinic.models import ClinicProfile
from intake import body
from intake.models import Disposition, Intake, Patient, ReferralLetter, ReviewDecision
from intake.reasons import Reason, what_held
from intake.triage import PROTOCOL, UNANSWERED, Urgency

TEMPLATE = Path(__file__).parent / "paper" / "letter.typ"
# A name that says nothing about anybody: it stays in the list of downloads.
FILE_NAME = "letter-to-the-doctor.pdf"
ENGLISH = "en"

# Days until the patient should be seen.
SEEN_WITHIN: Mapping[str, int] = {
    Urgency.NOW: 0,
    Urgency.TODAY: 0,
    Urgency.CALL_TODAY: 1,
    Urgency.IN_THREE_DAYS: 3,
}
OTHERWISE_WITHIN = 7

# --- The answers in prose: what a doctor reads, for each option of each question used -------------

AREAS = {
    "lower": "low back pain",
    "middle": "mid-back pain",
    "upper": "pain between the shoulder blades",
    "neck": "neck pain",
}
DURATIONS = {
    "under_4w": "for less than 4 weeks",
    "4_to_12w": "for 4 to 12 weeks",
    "over_12w": "for more than 12 weeks",
}
STARTS = {"sudden": "It began all at once", "slow": "It came on gradually"}
ONSETS = {
    "posture": "after long sitting or a fixed posture",
    "strain": "after lifting, bending or repeated strain",
    "cough": "after a cough, a sneeze or a small twist",
    "stumble": "after a small trip or bump, without a fall",
    "unknown": "with no cause that the patient knows of",
}
INJURIES = {
    "serious": "after a fast crash, a fall from 3 feet or more, or a very hard hit",
    "fall": "after a slip, trip or fall while standing",
    "low_crash": "after a slow car bump",
    "hit": "after a hit or blow to the back",
    "other": "after an injury of another kind",
}
INJURED = {
    "last_2_weeks": "in the last 2 weeks",
    "2_to_12_weeks": "2 to 12 weeks ago",
    "over_12_weeks": "more than 12 weeks ago",
}
SENTENCES = {
    "history": {
        "first": "It is the first episode.",
        "again": "There were earlier episodes of the same kind.",
    },
    "pattern": {
        "mech": "Some movements make it worse; rest or another position eases it.",
        "stiff_still": "It stiffens at rest and eases with movement.",
        "no_change": "It does not change with movement or rest.",
        "worse_rest": "It gets worse, even at rest.",
        "not_sure": "How movement and rest affect it, the patient is not sure.",
    },
    "night": {
        "yes": "It wakes the patient at night and stays in every position.",
        "no": "It does not wake the patient at night.",
        "not_sure": "Whether it wakes the patient at night and stays, the patient is not sure.",
    },
    "leg_pain": {
        "no": "No pain shoots down the legs.",
        "hip": "It reaches the hip or buttock, not the leg.",
        "one": "Pain shoots down one leg.",
        "both": "Pain shoots down both legs.",
        "not_sure": "Whether pain shoots down the legs, the patient is not sure.",
    },
    "seen_doctor": {
        "yes": "The patient says that a doctor has checked this problem before.",
        "no": "The patient says that no doctor has checked it yet.",
    },
}
LIMBS = {
    "one_leg": "one leg or foot",
    "both_legs": "both legs or feet",
    "one_arm": "one arm or hand",
    "both_arms": "both arms or hands",
}
CARE = {
    "none": "Nothing has been tried for it this time",
    "under_4w": "Care has been tried for less than 4 weeks",
    "over_4w": "Care has been tried for 4 weeks or more",
}
CARE_RESULTS = {
    "better": ", and it is getting better",
    "same": ", with no change",
    "worse": ", and it is getting worse",
}


@dataclass(frozen=True)
class Draft:
    """What a new letter says, each part a text that can be edited."""

    to_name: str
    to_address: str
    see_by: date
    history: str
    findings: str
    question: str
    signed_by: str


def draft(decision: ReviewDecision, *, now: datetime) -> Draft:
    """From the answers the decision rests on, and that patient's others in the case."""
    basis = decision.intake
    with translation.override(ENGLISH):
        own = _answers_of_the_same(basis)
        return Draft(
            to_name=decision.refer_to or own_doctor(basis),
            to_address="",
            see_by=_see_by(decision, own, now=now),
            history=_history(basis),
            findings="\n".join(_quoted(own)),
            question=_question(own, who(basis)),
            signed_by=decision.by.name or str(decision.by),
        )


def own_doctor(intake: Intake) -> str:
    """As the patient wrote it: the one to ask first."""
    return " ".join(str(intake.details.get("doctor", "")).split())[:200]


def pdf(letter: ReferralLetter, *, now: datetime) -> bytes:
    """Raises NotTypeset."""
    return typeset.pdf(TEMPLATE, on_paper(letter), now=now)


def on_paper(letter: ReferralLetter) -> dict[str, Any]:
    """What `letter.typ` reads."""
    clinic = ClinicProfile.current()
    intake = letter.referral.decision.intake
    with translation.override(ENGLISH):
        data = {
            "title": f"Referral of {who(intake)}",
            "clinic": {
                "name": clinic.name,
                "address": clinic.address,
                "phone": clinic.phone.as_national,
            },
            "date": _day(times.local(letter.at).date()),
            "to": _lines(letter.to_name) + _lines(letter.to_address.replace(", ", "\n", 1)),
            "about": _about(intake),
            "greeting": _greeting(letter.to_name),
            "opening": _opening(intake, letter),
            "parts": [
                {"title": "What we ask", "paragraphs": _lines(letter.question)},
                {"title": "History, as the patient tells it", "paragraphs": _lines(letter.history)},
            ],
            "findings": {
                "title": "Answers that led to this letter",
                "points": [_split(line) for line in _lines(letter.findings)],
            },
            "closing": (
                "Please send your report to the address above, or give it to the patient, who can"
                f" hand it in on our secure page. You can reach us at {clinic.phone.as_national}."
            ),
            "signed": letter.signed_by,
            "basis": (
                f"Drawn from answers the patient gave to {clinic.name} on"
                f" {_day(times.local(intake.submitted_at).date())}, set beside written safety"
                f" rules (version {intake.protocol}). It is not a diagnosis, and nobody at the"
                " clinic has examined the patient for it."
            ),
        }
    return {key: typeset.breakable(value) for key, value in data.items()}


# --- The parts of a draft -------------------------------------------------------------------------


def _answers_of_the_same(basis: Intake) -> list[Intake]:
    """Newest first. While nobody has proved whose the answers are, they stand alone."""
    if basis.patient_id is None or basis.case_id is None:
        return [basis]
    records = Patient.objects.same_person_as(basis.patient_id)
    of_case = Intake.objects.filter(case=basis.case_id, patient__in=records)
    return list(of_case.order_by("-submitted_at"))


def _see_by(decision: ReviewDecision, intakes: Iterable[Intake], *, now: datetime) -> date:
    """As soon as the chiropractor says, or the protocol where he leaves that open."""
    said = [decision.refer_urgency] if decision.refer_urgency else [i.urgency for i in intakes]
    days = min(SEEN_WITHIN.get(urgency, OTHERWISE_WITHIN) for urgency in said)
    return times.local(now).date() + timedelta(days=days)


def _question(intakes: Iterable[Intake], name: str) -> str:
    found = {intake.disposition for intake in intakes}
    if Disposition.EMERGENCY in found:
        return (
            f"The answers below match emergency signs in our safety rules, and {name} was told to"
            " call 911 or go to the emergency room. Please tell us what was found, and whether"
            " chiropractic care may go ahead, and with what limits."
        )
    if Disposition.REFER in found:
        return (
            f"Please examine {name} for the points below, and tell us what you find. May"
            " chiropractic care go ahead, and with what limits? We give no care until we hear"
            " from you."
        )
    return (
        f"Please see {name} about the points below. We would like to care for the back alongside"
        " you: please tell us of anything we must know or leave alone."
    )


def _quoted(intakes: Iterable[Intake]) -> list[str]:
    """Each question and answer that counted against booking, once."""
    lines = [line for intake in intakes for reason in what_held(intake) for line in _said(reason)]
    return list(dict.fromkeys(lines))


def _said(reason: Reason) -> list[str]:
    return [f"{said.question} – {said.answer}" for said in reason.said] or [reason.sentence]


def _history(intake: Intake) -> str:
    known = intake.protocol == PROTOCOL.version
    said = _values(intake.answers) if known else {}
    # The words of another version may mean something else: those the chiropractor reads himself.
    paragraphs = [
        " ".join(filter(None, part))
        for part in (
            (_complaint(intake, said), _beginning(said), _one(said, "history")),
            (_pain(said), _one(said, "pattern"), _one(said, "night")),
            (_one(said, "leg_pain"), _limbs(said, "numb"), _limbs(said, "weak")),
            (_care(said), _one(said, "seen_doctor")),
            (_marked(intake),),
            (_written(intake),),
            (_own_words(intake),),
        )
    ]
    return "\n".join(filter(None, paragraphs))


def _values(answers: Mapping[str, object]) -> dict[str, Any]:
    read = {each.id: each.read(answers.get(each.id)) for each in PROTOCOL.questions}
    return {id_: value for id_, value in read.items() if value is not UNANSWERED}


def _complaint(intake: Intake, said: Mapping[str, Any]) -> str:
    age = f", {intake.age} years old," if intake.age is not None else ""
    pain = AREAS.get(said.get("area", ""), "back pain")
    lasted = DURATIONS.get(said.get("duration", ""), "")
    return f"{who(intake)}{age} reports {pain} {lasted}".rstrip() + "."


def _beginning(said: Mapping[str, Any]) -> str:
    began = STARTS.get(said.get("start", ""), "")
    cause = ONSETS.get(said.get("onset", ""), "")
    if said.get("injury") in ("yes", "not_sure"):
        kind = INJURIES.get(said.get("injury_kind", ""), "after an injury")
        cause = f"{kind} {INJURED.get(said.get('injury_when', ''), '')}".rstrip()
        if said["injury"] == "not_sure":
            cause += "; the patient is not sure that the injury began it"
    parts = [part for part in (began, cause) if part]
    if not parts:
        return ""
    return (" ".join(parts) if began else f"It began {cause}") + "."


def _pain(said: Mapping[str, Any]) -> str:
    return f"At its worst the pain is {said['worst']} of 10." if "worst" in said else ""


def _one(said: Mapping[str, Any], id_: str) -> str:
    return SENTENCES[id_].get(said.get(id_, ""), "")


def _limbs(said: Mapping[str, Any], id_: str) -> str:
    names = {"numb": "numbness or tingling", "weak": "weakness"}
    chosen = said.get(id_, ())
    where = [LIMBS[each] for each in chosen if each in LIMBS]
    if where:
        return f"There is {names[id_]} in {' and in '.join(where)}."
    if "not_sure" in chosen:
        return f"Whether there is {names[id_]}, the patient is not sure."
    return f"No {names[id_]} in the arms or legs." if chosen else ""


def _care(said: Mapping[str, Any]) -> str:
    tried = CARE.get(said.get("care", ""), "")
    return tried + CARE_RESULTS.get(said.get("care_result", ""), "") + "." if tried else ""


def _marked(intake: Intake) -> str:
    places = body.labels(intake.details.get("also_hurts", []))
    return f"Also marked on the body picture: {', '.join(places)}." if places else ""


def _written(intake: Intake) -> str:
    labels = {"medicines": "Medicines", "allergies": "Allergies"}
    parts = [
        f"{label}, as the patient wrote them: {words}"
        for name, label in labels.items()
        if (words := " ".join(str(intake.details.get(name, "")).split()).rstrip(" .,;"))
    ]
    return "".join(f"{part}. " for part in parts).rstrip()


def _own_words(intake: Intake) -> str:
    words = " ".join(intake.own_words.split())
    return f"In the patient’s own words: “{words}”" if words else ""


# --- The parts of the page ------------------------------------------------------------------------


def who(intake: Intake) -> str:
    if intake.patient:
        return intake.patient.kept.name
    return f"{intake.given_name} {intake.family_name}".strip() or "the patient"


def _about(intake: Intake) -> list[dict[str, str]]:
    born = intake.patient.kept.born if intake.patient else intake.born
    phone = intake.patient.kept.phone if intake.patient else intake.phone
    facts = {
        "Patient": who(intake),
        "Born": _day(born) if born else "",
        "Phone": phone.as_national if phone else "",
        "Parent or guardian": intake.guardian_name,
    }
    return [{"label": label, "value": value} for label, value in facts.items() if value]


def _greeting(to_name: str) -> str:
    first = to_name.partition(",")[0].strip()
    return f"Dear {first}," if first.lower().startswith(("dr.", "dr ")) else "Dear colleague,"


def _opening(intake: Intake, letter: ReferralLetter) -> str:
    return (
        f"Thank you for seeing {who(intake)}. We ask that the patient is seen by"
        f" {_day(letter.see_by)}."
    )


def _split(line: str) -> dict[str, str]:
    """A question, and the answer to it; any other line is a point by itself."""
    question, dash, answer = line.rpartition(" – ")
    return {"point": question if dash else line, "answer": answer if dash else ""}


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _day(day: date) -> str:
    return date_format(day, "F j, Y")
