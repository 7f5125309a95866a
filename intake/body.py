"""The body picture: the places somebody can mark on a figure seen from the front and from behind.

Drawn here as data. What is marked goes with the intake for the reader; it decides nothing, for the
protocol asks only for the worst place.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from intake.triage.words import _

# Both figures are drawn on this field; what is drawn on one side is mirrored to the other.
VIEW_BOX = "16 2 168 436"
_WIDTH = 200


@dataclass(frozen=True)
class Spot:
    """One place: how it is kept, what it is called, its outline, and where its tick stands."""

    id: str
    label: str
    outline: str
    tick: tuple[int, int]


@dataclass(frozen=True)
class Figure:
    id: str
    title: str
    # What stands at the picture's own left and right.
    left: str
    right: str
    spots: tuple[Spot, ...]


def _both(
    ids: tuple[str, str], labels: tuple[str, str], outline: str, tick: tuple[int, int]
) -> tuple[Spot, Spot]:
    """A place on the left of the picture, and its mirror image on the right."""
    mirrored = re.sub(r"(\d+) (\d+)", lambda pair: f"{_WIDTH - int(pair[1])} {pair[2]}", outline)
    return (
        Spot(ids[0], labels[0], outline, tick),
        Spot(ids[1], labels[1], mirrored, (_WIDTH - tick[0], tick[1])),
    )


_HEAD = "M100 6 C116 6 125 18 125 33 C125 50 114 62 100 62 C86 62 75 50 75 33 C75 18 84 6 100 6 Z"
_NECK = "M88 63 Q100 70 112 63 L114 80 Q100 87 86 80 Z"
_ARM = "M42 119 L65 121 Q64 148 58 172 Q54 197 49 214 L25 209 Q29 188 35 168 Q37 142 42 119 Z"
_HAND = "M24 212 L48 217 Q50 234 43 248 Q31 256 20 246 Q19 230 24 212 Z"
_CALF = "M66 325 L93 325 Q96 362 89 402 L71 402 Q60 362 66 325 Z"
_FOOT = "M71 405 L89 405 Q93 420 89 431 Q70 437 58 431 Q59 419 71 405 Z"

FRONT = Figure(
    "front",
    _("Front"),
    _("Right"),
    _("Left"),
    (
        Spot("face", _("Head and face"), _HEAD, (100, 34)),
        Spot("throat", _("Front of the neck"), _NECK, (100, 74)),
        *_both(
            ("shoulder_right", "shoulder_left"),
            (_("Right shoulder"), _("Left shoulder")),
            "M84 82 Q75 88 62 90 Q45 94 42 116 L66 118 Q69 102 88 93 Z",
            (60, 104),
        ),
        Spot(
            "chest",
            _("Chest"),
            "M87 84 Q100 91 113 84 L115 95 Q131 103 134 121 L132 156 L68 156 L66 121 "
            "Q69 103 85 95 Z",
            (100, 124),
        ),
        Spot(
            "belly",
            _("Belly"),
            "M68 159 L132 159 Q129 182 134 206 L66 206 Q71 182 68 159 Z",
            (100, 183),
        ),
        *_both(
            ("groin_right", "groin_left"),
            (_("Right hip or groin"), _("Left hip or groin")),
            "M65 209 L98 209 L98 250 L60 242 Q61 224 65 209 Z",
            (80, 227),
        ),
        *_both(
            ("arm_right", "arm_left"),
            (_("Right arm, front"), _("Left arm, front")),
            _ARM,
            (47, 165),
        ),
        *_both(("hand_right", "hand_left"), (_("Right palm"), _("Left palm")), _HAND, (34, 232)),
        *_both(
            ("thigh_right", "thigh_left"),
            (_("Right thigh, front"), _("Left thigh, front")),
            "M59 245 L97 253 Q97 290 93 322 L66 322 Q57 286 59 245 Z",
            (79, 286),
        ),
        *_both(
            ("shin_right", "shin_left"),
            (_("Right knee or shin"), _("Left knee or shin")),
            _CALF,
            (79, 362),
        ),
        *_both(("foot_right", "foot_left"), (_("Right foot"), _("Left foot")), _FOOT, (76, 419)),
    ),
)

BACK = Figure(
    "back",
    _("Back"),
    _("Left"),
    _("Right"),
    (
        Spot("head_back", _("Back of the head"), _HEAD, (100, 34)),
        Spot("neck_back", _("Back of the neck"), _NECK, (100, 74)),
        *_both(
            ("blade_left", "blade_right"),
            (_("Left shoulder blade"), _("Right shoulder blade")),
            "M84 82 Q75 88 62 90 Q45 94 42 116 L66 118 L68 138 L98 138 L98 88 Q90 86 84 82 Z",
            (77, 114),
        ),
        Spot(
            "middle_back",
            _("Middle of the back"),
            "M68 141 L132 141 Q132 160 130 173 L70 173 Q68 160 68 141 Z",
            (100, 157),
        ),
        *_both(
            ("low_back_left", "low_back_right"),
            (_("Low back, left side"), _("Low back, right side")),
            "M70 176 L98 176 L98 211 L65 211 Q71 194 70 176 Z",
            (83, 194),
        ),
        *_both(
            ("buttock_left", "buttock_right"),
            (_("Left buttock"), _("Right buttock")),
            "M64 214 L98 214 L98 256 Q78 262 59 250 Q60 230 64 214 Z",
            (80, 235),
        ),
        *_both(
            ("arm_back_left", "arm_back_right"),
            (_("Left arm, back"), _("Right arm, back")),
            _ARM,
            (47, 165),
        ),
        *_both(
            ("hand_back_left", "hand_back_right"),
            (_("Back of the left hand"), _("Back of the right hand")),
            _HAND,
            (34, 232),
        ),
        *_both(
            ("thigh_back_left", "thigh_back_right"),
            (_("Left thigh, back"), _("Right thigh, back")),
            "M59 254 Q78 265 97 259 Q97 292 93 322 L66 322 Q57 290 59 254 Z",
            (79, 292),
        ),
        *_both(("calf_left", "calf_right"), (_("Left calf"), _("Right calf")), _CALF, (79, 362)),
        *_both(
            ("heel_left", "heel_right"),
            (_("Left heel"), _("Right heel")),
            "M71 405 L89 405 Q92 419 88 431 L71 431 Q67 419 71 405 Z",
            (79, 418),
        ),
    ),
)

FIGURES = (FRONT, BACK)
_LABELS = {spot.id: spot.label for figure in FIGURES for spot in figure.spots}


def read(marked: Iterable[str]) -> list[str]:
    """The places that exist among those sent, in the order of the picture."""
    sent = set(marked)
    return [id_ for id_ in _LABELS if id_ in sent]


def labels(marked: Collection[str]) -> list[str]:
    """What they are called, as marked for translation; a place no longer drawn, as it was kept."""
    return [_LABELS.get(id_, id_) for id_ in marked]
