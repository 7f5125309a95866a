"""What the front desk says to somebody whose case is held: never a finding, never an answer."""

from django.utils.translation import gettext_lazy

from intake.models import Case, Disposition

_OF_AN_OUTCOME = {
    Disposition.EMERGENCY: gettext_lazy(
        "“Please call 911 or go to the nearest emergency room now. Do not drive yourself. The"
        " chiropractor knows and will call you. I cannot book a visit.”"
    ),
    Disposition.REFER: gettext_lazy(
        "“Your answers show that a medical doctor should see you first. The chiropractor is"
        " looking at them, and we will call you. I cannot book a visit before that.”"
    ),
    Disposition.CO_MANAGE: gettext_lazy(
        "“The chiropractor looks at your answers first, and we will tell you. I cannot book a"
        " visit before that. If it gets worse, see a doctor.”"
    ),
}
_SENT_TO_A_DOCTOR = gettext_lazy(
    "“Please see a medical doctor first. When you have been seen, call us, and we look at it"
    " again. I cannot book a visit before that.”"
)
_ASKED_SOMETHING = gettext_lazy(
    "“The chiropractor has a question for you. It is in your email, and under My visits. When you"
    " have answered, we look at it. I cannot book a visit before that.”"
)


def of(case: Case) -> str:
    instead = {
        Case.State.REFERRED: _SENT_TO_A_DOCTOR,
        Case.State.ASKED: _ASKED_SOMETHING,
    }
    words = instead.get(Case.State(case.state), _OF_AN_OUTCOME[Disposition(case.disposition)])
    return str(words)
