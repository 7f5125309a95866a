"""The home exercises the clinic gives: what for, how it is done, when to stop, and how much.

Told in our own words and drawn (`intake/figures.py`). What is done follows the clinic's article on
back spasms. The article names no dose: what stands here is a usual one to begin with, and the
chiropractor sets it for each patient.
"""

from dataclasses import dataclass

from intake.figures import GROUND, Drawing, Limb, Point, Pose, picture
from intake.triage.words import _

SOURCE = "The clinic's article on back spasms, “Exercises for back spasms”"


@dataclass(frozen=True)
class Dose:
    """How often a day, how many times each time, and how long one is held: 0 is not at all."""

    times_a_day: int
    repeats: int
    hold_seconds: int


@dataclass(frozen=True)
class Position:
    """One picture, and what it shows."""

    drawing: Drawing
    caption: str


@dataclass(frozen=True)
class Exercise:
    id: str
    name: str
    purpose: str
    steps: tuple[str, ...]
    stop: str
    dose: Dose
    positions: tuple[Position, Position]
    # Done on the left and on the right.
    has_sides: bool = False
    source: str = SOURCE


STOP_ALWAYS = _("Stop if your pain gets worse, or if it moves down your leg.")
# The signs of the emergency that matters most for a back, in one sentence.
CALL_NOW = _(
    "Call 911 if you cannot hold your pee or poop, go numb between your legs, or your legs get"
    " weak."
)


# --- The drawings -----------------------------------------------------------------------------


def _on_all_fours(
    *,
    hip: Point,
    chest: Point,
    back: float,
    head: Point,
    looks: float,
    near_leg: Limb | None = None,
    far_arm: Limb | None = None,
) -> Pose:
    """`back`: how far its middle lies below a straight one; above it, when it is less than 0."""
    return Pose(
        hip=hip,
        waist=((hip[0] + chest[0]) / 2, (hip[1] + chest[1]) / 2 + back),
        chest=chest,
        head=head,
        looks=looks,
        near_leg=near_leg or Limb((hip[0] - 54, GROUND - 7), -1, points=180),
        far_leg=Limb((hip[0] - 44, GROUND - 7), -1, points=180),
        near_arm=Limb((chest[0] + 2, GROUND - 6), -1),
        far_arm=far_arm or Limb((chest[0] + 12, GROUND - 6), -1),
    )


def _on_the_back(*, hip: Point, waist: Point, near_foot: Limb, far_foot: Limb, hand: Point) -> Pose:
    return Pose(
        hip=hip,
        waist=waist,
        chest=(80, GROUND - 17),
        head=(44, GROUND - 17),
        looks=-90,
        near_leg=near_foot,
        far_leg=far_foot,
        near_arm=Limb(hand, 1),
        far_arm=Limb((hand[0] + 2, hand[1] - 4), 1),
    )


def _on_one_knee(*, hip: Point, hand: Point) -> Pose:
    chest = (hip[0] + 3, hip[1] - 76)
    return Pose(
        hip=hip,
        waist=(hip[0] + 4.5, hip[1] - 38),
        chest=chest,
        head=(chest[0] + 3, chest[1] - 34),
        looks=0,
        near_leg=Limb((96, GROUND - 6), -1, points=180),
        far_leg=Limb((212, GROUND - 7), -1),
        near_arm=Limb(hand, 1),
        far_arm=Limb((hand[0] + 6, hand[1]), 1),
    )


_BACK_UP = picture(
    _on_all_fours(hip=(118, 104), chest=(194, 98), back=-24, head=(226, 118), looks=80),
    [(155, 36), (155, 10)],
    top=-4,
)
_BACK_DOWN = picture(
    _on_all_fours(hip=(112, 98), chest=(198, 94), back=15, head=(230, 72), looks=-15),
    [(155, 54), (155, 82)],
    top=-4,
)
_NEAR_FLAT, _FAR_FLAT = Limb((226, GROUND - 7), -1), Limb((234, GROUND - 7), -1)
_BACK_OFF_THE_FLOOR = picture(
    _on_the_back(
        hip=(164, GROUND - 17),
        waist=(126, GROUND - 29),
        near_foot=_NEAR_FLAT,
        far_foot=_FAR_FLAT,
        hand=(97, GROUND - 42),
    ),
    top=50,
)
_BACK_FLAT = picture(
    _on_the_back(
        hip=(163, GROUND - 21),
        waist=(122, GROUND - 14.5),
        near_foot=_NEAR_FLAT,
        far_foot=_FAR_FLAT,
        hand=(97, GROUND - 42),
    ),
    [(128, GROUND - 72), (128, GROUND - 42)],
    top=50,
)
_KNEE_UP = picture(
    _on_the_back(
        hip=(158, GROUND - 18),
        waist=(119, GROUND - 15.5),
        near_foot=Limb((216, GROUND - 72), -1, points=-70),
        far_foot=Limb((240, GROUND - 7), -1),
        hand=(148, GROUND - 54),
    ),
    top=10,
)
_LEG_UP = picture(
    _on_the_back(
        hip=(158, GROUND - 18),
        waist=(119, GROUND - 15.5),
        near_foot=Limb((176, GROUND - 125), -1, points=-130),
        far_foot=Limb((240, GROUND - 7), -1),
        hand=(148, GROUND - 58),
    ),
    [(236, 84), (232, 48), (204, 30)],
    top=10,
)
_KNEELING = picture(_on_one_knee(hip=(150, 101), hand=(194, 84)), top=-36)
_HIPS_FORWARD = picture(
    _on_one_knee(hip=(180, 108), hand=(222, 94)), [(98, 84), (136, 84)], top=-36
)
_ALL_FOURS = picture(
    _on_all_fours(hip=(128, 100), chest=(214, 92), back=3, head=(246, 96), looks=55), top=24
)
_ARM_AND_LEG_OUT = picture(
    _on_all_fours(
        hip=(128, 100),
        chest=(214, 92),
        back=3,
        head=(246, 98),
        looks=55,
        near_leg=Limb((19, 91), -1, points=115),
        far_arm=Limb((281, 74), -1),
    ),
    [(40, 66), (40, 42)],
    [(290, 58), (290, 34)],
    top=24,
)


# --- The library ------------------------------------------------------------------------------

LIBRARY = (
    Exercise(
        "cat-camel",
        _("Cat-camel"),
        _("Helps a stiff back move again."),
        (
            _("Get on your hands and knees. Hands under shoulders, knees under hips."),
            _("Slowly round your back up, like a cat. Let your head hang."),
            _("Breathe out, then let your belly sink and look ahead."),
            _("Go slowly from one to the other. Do not push to the end."),
        ),
        _("Stop if your back pinches or your wrists hurt."),
        Dose(times_a_day=2, repeats=8, hold_seconds=0),
        (
            Position(_BACK_UP, _("Back up, head down")),
            Position(_BACK_DOWN, _("Belly down, head up")),
        ),
    ),
    Exercise(
        "pelvic-tilt",
        _("Pelvic tilt"),
        _("Wakes up the belly muscles that hold your low back."),
        (
            _("Lie on your back. Bend your knees and keep your feet flat on the floor."),
            _("Feel the small gap under your low back."),
            _("Pull your belly in and press your low back flat on the floor. Keep breathing."),
            _("Hold, then let go all the way."),
        ),
        _("Stop if your low back cramps when you press."),
        Dose(times_a_day=2, repeats=10, hold_seconds=5),
        (
            Position(_BACK_OFF_THE_FLOOR, _("A small gap under your back")),
            Position(_BACK_FLAT, _("Your back flat on the floor")),
        ),
    ),
    Exercise(
        "hamstring",
        _("Hamstring stretch"),
        _("Loosens the back of your leg, which pulls on your low back."),
        (
            _("Lie on your back with one knee bent and that foot on the floor."),
            _("Bring the other knee over your hip. Hold that leg behind the thigh."),
            _("Slowly straighten the knee until you feel a mild pull."),
            _("Hold it still and breathe. Then change legs."),
        ),
        _("Stop if your foot tingles or pain runs down your leg."),
        Dose(times_a_day=2, repeats=3, hold_seconds=20),
        (
            Position(_KNEE_UP, _("Knee over your hip")),
            Position(_LEG_UP, _("Foot up to the ceiling")),
        ),
        has_sides=True,
    ),
    Exercise(
        "hip-flexor",
        _("Hip flexor stretch"),
        _("Loosens the front of your hip, which gets tight when you sit a lot."),
        (
            _("Kneel on one knee. Put a pillow under it if it is sore."),
            _("Put the other foot flat in front of you. Hold a chair if you sway."),
            _("Stay tall and slide your hips forward until the front of your hip pulls."),
            _("Hold it still and breathe. Then change sides."),
        ),
        _("Stop if your knee hurts or your low back arches."),
        Dose(times_a_day=2, repeats=3, hold_seconds=20),
        (
            Position(_KNEELING, _("Kneel and stay tall")),
            Position(_HIPS_FORWARD, _("Slide your hips forward")),
        ),
        has_sides=True,
    ),
    Exercise(
        "bird-dog",
        _("Bird dog"),
        _("Teaches your back to stay still while your arms and legs move."),
        (
            _("Get on your hands and knees. Keep your back flat like a table."),
            _("Reach one arm forward and the other side’s leg back."),
            _("Keep your hips level. Lift no more than you can hold still."),
            _("Hold and breathe, come back, and change sides."),
        ),
        _("Stop if your back sags or twists and you cannot keep it flat."),
        Dose(times_a_day=1, repeats=6, hold_seconds=5),
        (
            Position(_ALL_FOURS, _("Back flat like a table")),
            Position(_ARM_AND_LEG_OUT, _("One arm and the other leg out")),
        ),
        has_sides=True,
    ),
)
BY_ID = {exercise.id: exercise for exercise in LIBRARY}
