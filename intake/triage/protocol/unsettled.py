"""What only the doctor can settle; shown beside the protocol until it is signed."""

from intake.triage.protocol.row import OpenQuestion

OPEN_QUESTIONS = (
    OpenQuestion(
        "Should a pregnancy without any warning sign hold an online booking, as it does now?",
        rules=("C07",),
    ),
    OpenQuestion(
        "Is a new change in sex function together with a leg sign an emergency, as it is now?",
        rules=("E05",),
    ),
    OpenQuestion(
        "Should “I would rather not say” hold a booking until the clinic has called, as it does "
        "now?",
        rules=("U03",),
    ),
    OpenQuestion(
        "Needle use and a weak immune system send the patient to a doctor first, while “I would "
        "rather not say” to the same questions only asks for a review. Is that right?",
        rules=("R11", "U03"),
    ),
    OpenQuestion(
        "Should numbness that has been known for more than a year still send the patient to a "
        "doctor first, as row 7 of the article does?",
        rules=("R02",),
    ),
    OpenQuestion(
        "Should a slow stream that has been known for a long time send the patient to a doctor "
        "first, as it does now?",
        rules=("R07",),
    ),
    OpenQuestion(
        "Are the age limits right: 10, 18, 45, 50 and 70?",
        rules=("R09", "R10", "R19", "C03", "C04", "C08"),
    ),
    OpenQuestion(
        "From age 70, sudden pain of moderate strength that has come before may be booked. "
        "Is that right?",
        rules=("R09",),
    ),
    OpenQuestion(
        "Are the time limits right: 4 weeks of care without success, and 3 months for an old "
        "complaint?",
        rules=("E01", "R07", "C01", "C08"),
    ),
    OpenQuestion(
        "Is the handling of minors right: always a review and a guardian's consent, and a doctor "
        "first under 10?",
        rules=("C03", "R19"),
    ),
)
