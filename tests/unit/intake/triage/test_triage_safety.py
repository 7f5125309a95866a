"""What may never happen: a danger sign, a doubt or a gap that ends in a booking."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from intake.triage import PROTOCOL, UNANSWERED, Disposition, Question, assess, shown_questions

from .forms import BOOKABLE, DESK, JUNK, Form, danger_signs, forms, without

SAFETY = [question for question in PROTOCOL.questions if question.safety]
# A parent's answer alone already keeps from booking, so no form that books shows these.
FOLLOW_UPS_OF_A_DANGER_SIGN = {"bladder_bowel_when", "neuro_change", "injury_kind", "injury_when"}
PAIRS = [
    pytest.param(form, question, id=f"{name}, {question.id}")
    for name, form in BOOKABLE.items()
    for question in shown_questions(form)
    if question.safety
]


@pytest.mark.parametrize("name", BOOKABLE)
def test_the_base_forms_may_book(name):
    assert assess(BOOKABLE[name]).disposition is Disposition.BOOK


def test_the_base_forms_show_every_safety_question_that_can_be_answered_safely():
    shown = {q.id for form in BOOKABLE.values() for q in shown_questions(form)}
    assert {q.id for q in SAFETY} - shown == FOLLOW_UPS_OF_A_DANGER_SIGN


@pytest.mark.parametrize(("form", "question"), PAIRS)
class TestOneAnswerSpoiled:
    """Every safety question that a bookable form shows, in every such form."""

    def test_blank_never_books(self, form: Form, question: Question):
        assert assess(without(form, question.id)).disposition is Disposition.REFER

    def test_junk_never_books(self, form: Form, question: Question):
        for junk in JUNK:
            if question.read(junk) is UNANSWERED:
                assert assess({**form, question.id: junk}).disposition is Disposition.REFER, junk

    def test_an_unsafe_or_unsure_answer_never_books(self, form: Form, question: Question):
        for sign in danger_signs(question):
            assert assess({**form, question.id: sign}).disposition is not Disposition.BOOK, sign

    def test_with_none_of_these_marked_beside_it_neither(self, form: Form, question: Question):
        for sign in danger_signs(question):
            if isinstance(sign, list):
                marked = {**form, question.id: ["none", *sign]}
                assert assess(marked).disposition is not Disposition.BOOK, sign


@pytest.mark.parametrize("name", BOOKABLE)
@pytest.mark.parametrize("age", [*range(18), 120, -1, 38.0, True, "38", None])
def test_a_minor_or_an_unreadable_age_never_books(name, age):
    assert assess({**BOOKABLE[name], "age": age}).disposition is not Disposition.BOOK


@pytest.mark.parametrize("id_", sorted(FOLLOW_UPS_OF_A_DANGER_SIGN))
def test_no_answer_to_the_follow_up_of_a_danger_sign_books(id_):
    signs: Form = {"bladder_bowel": ["leak_urine"], "numb": ["one_arm"], "injury": "not_sure"}
    rest: Form = {
        "bladder_bowel_when": "old_known",
        "neuro_change": "better",
        "injury_kind": "other",
        "injury_when": "over_12_weeks",
    }
    parents = {"bladder_bowel_when": "bladder_bowel", "neuro_change": "numb"}
    parent = parents.get(id_, "injury")
    form = {**DESK, parent: signs[parent], **rest}
    for answer in [*(option.value for option in PROTOCOL.question(id_).options), *JUNK]:
        assert assess({**form, id_: answer}).disposition is not Disposition.BOOK, answer


SIGNS = [(question.id, sign) for question in SAFETY for sign in danger_signs(question)]


@settings(max_examples=1000, deadline=None)
@given(forms())
def test_a_danger_sign_in_place_of_a_safe_answer_never_makes_the_outcome_milder(form):
    """The definition, for the rules as they are.

    A *danger sign* is an option of a safety question that is not among its safe answers: a yes, a
    mark, a doubt. A *safe answer* is a readable answer with every part among them. One safe answer
    of one question that is shown is swapped for one danger sign. Every other answer in the form
    stays as it is, shown or hidden: a follow-up that the swap brings up is read as it stands
    (mostly blank, now and then left from before), and one that the swap hides is read no longer
    (an injury hides the question of what set off the spasm).

    The age is no sign but the ground on which signs are read; see the last test. The strength of
    the pain has no unsafe answer, and a question outside the safety set has no danger sign.
    """
    before = assess(form).disposition
    for question in shown_questions(form):
        if question.is_safe(question.read(form.get(question.id))):
            for sign in danger_signs(question):
                after = assess({**form, question.id: sign}).disposition
                assert after.severity >= before.severity, (question.id, sign)
                assert after is not Disposition.BOOK, (question.id, sign)


@pytest.mark.parametrize(("id_", "sign"), SIGNS)
def test_each_danger_sign_makes_some_bookable_form_worse(id_, sign):
    """So that the property above is not true for want of cases."""
    forms_with_it = [
        form
        for form in BOOKABLE.values()
        if any(question.id == id_ for question in shown_questions(form))
    ]
    assert bool(forms_with_it) == (id_ not in FOLLOW_UPS_OF_A_DANGER_SIGN)
    for form in forms_with_it:
        after = assess({**form, id_: sign}).disposition
        assert after.severity > assess(form).disposition.severity


def test_the_property_notices_a_rule_that_is_gone():
    """Without the injury rule, "yes" to an injury hides the stumble that was REFER at 50."""
    careless = replace(PROTOCOL, rules=tuple(r for r in PROTOCOL.rules if r.id != "R01"))
    form = {**DESK, "age": 50, "onset": "stumble"}
    hurt = {**form, "injury": "yes", "injury_kind": "fall", "injury_when": "last_2_weeks"}
    assert assess(form, careless).disposition.severity > assess(hurt, careless).disposition.severity
    assert assess(form).disposition.severity <= assess(hurt).disposition.severity


def test_why_the_age_is_no_danger_sign():
    """Minors are not asked about sex, so an emergency of an adult is not one at 17."""
    form = {**DESK, "leg_pain": "one", "sexual": "yes"}
    assert assess(form).disposition is Disposition.EMERGENCY
    assert assess({**form, "age": 17}).disposition is Disposition.CO_MANAGE
