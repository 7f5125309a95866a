"""Flags: what the clinic must know beside the outcome, which they never change."""

from intake.triage.protocol.row import Flag
from intake.triage.questions.health import pregnant
from intake.triage.questions.safety import age, leg_pain

FLAGS = (
    Flag(
        "F01",
        "XRAY_HOLD",
        when=pregnant.is_any("yes", "maybe", "prefer_not"),
        note="No X-ray until pregnancy is ruled out (ACR-SPR). Does not change the disposition.",
    ),
    Flag(
        "F02",
        "GUARDIAN_CONSENT",
        when=age.under(18),
        note="Booking needs a parent or guardian's consent.",
    ),
    Flag(
        "F03",
        "NEURO_EXAM_FIRST",
        when=leg_pain.is_("one"),
        note="One-sided leg pain: nerve exam at the first visit.",
    ),
)
