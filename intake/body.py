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


_HEAD = "M100 5 C115 5 123 16 123 32 C123 48 114 63 100 63 C86 63 77 48 77 32 C77 16 85 5 100 5 Z"
_NECK = "M89 64 Q100 72 111 64 Q111 74 116 79 Q100 88 84 79 Q89 74 89 64 Z"
_ARM = (
    "M42 119 Q54 124 66 120 Q66 146 59 170 Q56 194 50 213 Q38 213 27 208 Q30 188 36 168 "
    "Q36 142 42 119 Z"
)
_HAND = "M26 211 Q37 216 49 216 Q54 230 48 243 Q43 254 33 253 Q20 251 19 236 Q20 222 26 211 Z"
_CALF = "M67 325 Q80 330 93 325 Q99 356 91 402 Q81 405 72 402 Q58 358 67 325 Z"
_FOOT = "M72 405 Q81 408 91 405 Q96 418 91 428 Q86 434 70 434 Q57 434 58 426 Q62 416 72 405 Z"

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
            "M82 81 Q74 88 61 91 Q45 95 42 116 Q54 121 66 117 Q69 103 86 94 Q84 88 82 81 Z",
            (60, 104),
        ),
        Spot(
            "chest",
            _("Chest"),
            "M85 83 Q100 92 115 83 Q113 90 117 96 Q131 104 134 120 Q136 140 131 155 "
            "Q100 160 69 155 Q64 140 66 120 Q69 104 83 96 Q87 90 85 83 Z",
            (100, 124),
        ),
        Spot(
            "belly",
            _("Belly"),
            "M69 158 Q100 163 131 158 Q127 182 135 206 Q100 212 65 206 Q73 182 69 158 Z",
            (100, 183),
        ),
        *_both(
            ("groin_right", "groin_left"),
            (_("Right hip or groin"), _("Left hip or groin")),
            "M64 209 Q80 213 98 213 L98 252 Q76 252 58 240 Q59 224 64 209 Z",
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
            "M58 243 Q76 255 97 255 Q98 290 93 322 Q80 327 67 322 Q54 286 58 243 Z",
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
            "M82 81 Q74 88 61 91 Q45 95 42 116 Q54 121 66 117 Q65 128 68 138 Q84 142 98 142 L98 86 "
            "Q90 85 82 81 Z",
            (77, 114),
        ),
        Spot(
            "middle_back",
            _("Middle of the back"),
            "M69 141 Q100 149 131 141 Q132 158 129 172 Q100 179 71 172 Q68 158 69 141 Z",
            (100, 157),
        ),
        *_both(
            ("low_back_left", "low_back_right"),
            (_("Low back, left side"), _("Low back, right side")),
            "M71 175 Q84 179 98 180 L98 214 Q80 214 65 209 Q72 192 71 175 Z",
            (83, 194),
        ),
        *_both(
            ("buttock_left", "buttock_right"),
            (_("Left buttock"), _("Right buttock")),
            "M64 212 Q80 217 98 217 L98 256 Q78 264 58 252 Q58 230 64 212 Z",
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
            "M58 255 Q78 267 97 259 Q98 292 93 322 Q80 327 67 322 Q54 290 58 255 Z",
            (79, 292),
        ),
        *_both(("calf_left", "calf_right"), (_("Left calf"), _("Right calf")), _CALF, (79, 362)),
        *_both(
            ("heel_left", "heel_right"),
            (_("Left heel"), _("Right heel")),
            "M72 405 Q81 408 91 405 Q94 420 90 430 Q81 435 72 430 Q67 420 72 405 Z",
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
