"""What patients read is easy to read: sixth grade at most, in words they know.

A sentence of twelve words or more is measured by the Flesch–Kincaid grade. About a shorter one the
formula says little: there, as everywhere, each long word must be one that people know. What must
be harder than that is listed here with the reason.
"""

import re
from pathlib import Path

import pytest

from tests.wording import reading
from tests.wording.catalogue import patient_messages

# The page that patients hand to a doctor is worded for the doctor.
FOR_A_DOCTOR = {"intake/summary.py"}
HERE = Path(__file__).parent
HIGHEST_GRADE = 6.0

# Words of three syllables and more that a sixth-grader knows.
KNOWN = frozenset((HERE / "known_words.txt").read_text().split())
# Longer or rarer words that have no plain one in their place, each with the reason.
NEEDED = {
    "chiropractor": "what the clinic is; the first page says what one does",
    "chiropractor’s": "what the clinic is",
    "chiropractic": "in the clinic's name, and the name of its care",
    "allergies": "the word patients know from every form",
    "infection": "the protocol's own word, with examples beside it",
    "guardian": "what the law calls whoever stands in for a parent",
    "guardian's": "as above",
    "diagnosis": "said to tell people that they get none here",
    "therapy": "physical therapy is what people call it",
    "arthritis": "the name of an illness that those who have it know",
    "osteoporosis": "beside the plain words, for those who were told this one",
    "epidural": "the name those who had one know",
    "prednisone": "the name on the box",
    "eliquis": "the name on the box",
    "xarelto": "the name on the box",
    "warfarin": "the name on the box",
    "hiv": "the name people know",
    "pdf": "the name of the kind of file",
    "jonathan": "a name",
    "solomon": "a name",
    "virginia": "a name",
    "services": "in the name of a department",
    "recovery": "staff's, who sign in with a second factor",
    "administrator": "the page for what somebody signed in may not open says whom staff may ask",
}
# Whole sentences, each with the reason.
_THE_REVIEWERS = "the doctor's, at the review"
HARDER = {
    "This notice says how medical information about you may be used and shared, and how you can "
    "get it.": "the law wants this sentence, nearly word for word",
    "Do you have numbness or tingling near your private parts, your bottom, or your inner "
    "thighs?": "the protocol's own wording, which binds",
    "If they are another person's, set them aside; if they are this patient's, ask them to answer "
    "again with the email shown above.": _THE_REVIEWERS,
    "Complain to us, or to the U.S. Department of Health and Human Services.": (
        "the name of a department"
    ),
}
# Nobody outside the clinic says these.
OURS_ALONE = frozenset((HERE / "words_of_ours_alone.txt").read_text().split())


def every_text() -> list[tuple[str, str]]:
    """Each form of each sentence, with where it stands."""
    return [
        (text, message.places[0])
        for message in patient_messages()
        if not set(message.places) <= FOR_A_DOCTOR
        for text in (message.text, message.plural)
        if text
    ]


def too_hard(texts: list[tuple[str, str]]) -> list[str]:
    found = []
    for text, place in texts:
        for sentence in reading.sentences(text):
            measured = reading.measure(sentence)
            if measured.words < reading.FEWEST_WORDS or sentence in HARDER:
                continue
            if measured.grade > HIGHEST_GRADE:
                found.append(f"grade {measured.grade:.1f}: “{sentence}” ({place})")
    return found


def unknown_words(texts: list[tuple[str, str]]) -> list[str]:
    return [
        f"{word}: in “{text}” ({place})"
        for text, place in texts
        for word in reading.measure(text).long_words
        if word.lower() not in KNOWN and word.lower() not in NEEDED
    ]


def jargon(texts: list[tuple[str, str]]) -> list[str]:
    return [
        f"{word}: in “{text}” ({place})"
        for text, place in texts
        for word in reading.words(reading.plain(text))
        if word.lower() in OURS_ALONE
    ]


def test_every_sentence_is_at_sixth_grade_or_below():
    found = too_hard(every_text())
    assert not found, "\n".join(["Make these shorter, or list them with a reason:", *found])


def test_every_long_word_is_known():
    found = unknown_words(every_text())
    assert not found, "\n".join(["Find plain words, or list these with a reason:", *found])


def test_no_word_is_only_ours():
    found = jargon(every_text())
    assert not found, "\n".join(["Patients do not say these:", *found])


def test_no_exception_outlives_its_sentence():
    texts = every_text()
    said = {word.lower() for text, _ in texts for word in reading.words(reading.plain(text))}
    assert set(NEEDED) - said == set()
    assert set(HARDER) - {each for text, _ in texts for each in reading.sentences(text)} == set()


# --- The measure itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("pain", 1), ("moved", 1), ("rested", 2), ("table", 2), ("people", 2), ("seeing", 2),
        ("emergency", 4), ("chiropractor", 4), ("people’s", 2), ("area", 3), ("questions", 2),
        ("places", 2), ("spine", 1), ("curious", 3), ("hours", 1),
    ],
)  # fmt: skip
def test_syllables(word, count):
    assert reading.syllables(word) == count


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        # By the published formula: 0.39 × words/sentences + 11.8 × syllables/words - 15.59.
        ("The cat sat on the mat.", 0.39 * 6 + 11.8 * 6 / 6 - 15.59),
        (
            "Call us today. We can help you with your back pain.",
            0.39 * 5.5 + 11.8 * 12 / 11 - 15.59,
        ),
    ],
)
def test_grade(text, grade):
    assert reading.measure(text).grade == pytest.approx(grade)


def test_what_is_put_in_and_tags_count_for_little():
    text = 'We sent it to <strong class="x">%(sent_to)s</strong>. It works for %(minutes)s minutes.'
    assert reading.plain(text) == "We sent it to it. It works for it minutes."


def test_a_hard_sentence_is_found():
    hard = (
        "Notwithstanding any previously communicated recommendations, patients are encouraged to "
        "utilize appropriate medical evaluation facilities prior to scheduling."
    )
    planted = [(hard, "planted")]
    assert too_hard(planted)
    assert unknown_words(planted)
    assert jargon(planted)


def test_one_hard_sentence_is_not_hidden_by_easy_ones():
    hard = (
        "Your information is retained in accordance with applicable regulations for a minimum of "
        "six years following discharge."
    )
    assert re.search("retained", too_hard([(f"We are open. Call us. {hard} Bye.", "planted")])[0])
