"""Line drawings of a person who exercises, seen from the side: joints in, an SVG picture out.

A limb keeps its length whatever it does, so that two pictures show the same person moving. What is
drawn is painted from the far side to the near one; each part is inked first and then filled, which
leaves one clean outline around it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import acos, atan2, cos, hypot, pi, radians, sin

Point = tuple[float, float]

WIDTH, HEIGHT = 320, 176
GROUND = 166

# Of the house's palette: tests/unit/intake/test_figures.py.
INK, TEAL, TINT, SAND, FLOOR = "#1d2b2a", "#0d5c57", "#e4f0ee", "#faf7f2", "#ddd5c7"
# What is further away, in the shade of the rest.
FAR_SLEEVE, FAR_TROUSERS = "#ddd5c7", "#a9c6c2"
LINE = 2.2

THIGH, SHIN, FOOT = 56.0, 54.0, 17.0
UPPER_ARM, FOREARM = 36.0, 34.0
# How thick the body is there, from its middle to its skin.
HIP, WAIST, CHEST = 16.0, 13.5, 15.5
GROIN, KNEE, ANKLE, TOE = 13.0, 9.5, 5.8, 4.0
SHOULDER, ELBOW, WRIST, PALM = 8.0, 6.4, 5.0, 5.4
NECK, HEAD = 6.5, 15.0


class Drawing(str):
    """An SVG picture made here: a template shows it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


@dataclass(frozen=True)
class Limb:
    """Where its end is, and to which side of the straight line there its joint bends (1 or -1).

    `points`: the way the foot points, in degrees: 0 is to the right, 90 down. Hands need none.
    """

    end: Point
    bends: int
    points: float = 0.0


@dataclass(frozen=True)
class Pose:
    hip: Point
    waist: Point
    chest: Point
    head: Point
    looks: float
    near_leg: Limb
    far_leg: Limb
    near_arm: Limb
    far_arm: Limb


def picture(pose: Pose, *arrows: Sequence[Point], top: float = 0.0) -> Drawing:
    """The pose above the ground, with arrows that say what moves; `top` is where the sky ends."""
    drawn = [
        _ground(),
        _arm(pose.chest, pose.far_arm, FAR_SLEEVE),
        _leg(pose.hip, pose.far_leg, FAR_TROUSERS),
        _head(pose),
        _trunk(pose),
        _leg(pose.hip, pose.near_leg, TINT),
        _arm(pose.chest, pose.near_arm, SAND),
        *(_arrow(points) for points in arrows),
    ]
    return Drawing(
        '<svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true" focusable="false"'
        f' viewBox="0 {top:g} {WIDTH} {HEIGHT - top:g}">{"".join(drawn)}</svg>'
    )


def _trunk(pose: Pose) -> str:
    spine = _curve([pose.hip, pose.waist, pose.chest])
    girth = _between((HIP, WAIST, CHEST), len(spine))
    shirt = list(zip(spine, girth, strict=True))
    belt = len(spine) // 3
    return _part([shirt], TEAL) + _part([shirt[: belt + 1]], TINT)


def _head(pose: Pose) -> str:
    (x, y), turn = pose.head, radians(pose.looks)
    neck = _part([[(pose.chest, NECK + 2), (pose.head, NECK)]], SAND)
    nose = (x + (HEAD + 1.2) * cos(turn), y + (HEAD + 1.2) * sin(turn))
    face = _part([[(pose.head, HEAD)], [(nose, 3.2)]], SAND)
    # Hair: the half of the head that looks away, to the middle of its outline.
    scalp = HEAD + LINE / 2
    front, nape = turn - pi / 2 + 0.5, turn + pi / 2 + 0.35
    first = (x + scalp * cos(front), y + scalp * sin(front))
    last = (x + scalp * cos(nape), y + scalp * sin(nape))
    hair = f"M{_at(first)}A{scalp:g} {scalp:g} 0 1 0 {_at(last)}Q{_at(pose.head)} {_at(first)}Z"
    return neck + face + f'<path d="{hair}" fill="{INK}"/>'


def _leg(hip: Point, leg: Limb, fill: str) -> str:
    knee = _joint(hip, leg, THIGH, SHIN)
    turn = radians(leg.points)
    toe = (leg.end[0] + FOOT * cos(turn), leg.end[1] + FOOT * sin(turn))
    trousers = [[(hip, GROIN), (knee, KNEE), (leg.end, ANKLE)]]
    return _part([[(leg.end, ANKLE), (toe, TOE)]], SAND) + _part(trousers, fill)


def _arm(shoulder: Point, arm: Limb, fill: str) -> str:
    elbow = _joint(shoulder, arm, UPPER_ARM, FOREARM)
    return _part(
        [[(shoulder, SHOULDER), (elbow, ELBOW), (arm.end, WRIST)], [(arm.end, PALM)]], fill
    )


def _joint(start: Point, limb: Limb, upper: float, lower: float) -> Point:
    """Where the knee or the elbow is."""
    dx, dy = limb.end[0] - start[0], limb.end[1] - start[1]
    reach = min(hypot(dx, dy), upper + lower - 0.01)
    opening = acos(max(-1.0, (upper**2 + reach**2 - lower**2) / (2 * upper * reach)))
    turn = atan2(dy, dx) + limb.bends * opening
    return (start[0] + upper * cos(turn), start[1] + upper * sin(turn))


Chain = Sequence[tuple[Point, float]]


def _part(chains: Iterable[Chain], fill: str) -> str:
    d = "".join(
        _capsule(one, other)
        for chain in chains
        for one, other in zip(chain, chain[1:] or chain, strict=False)
    )
    return (
        f'<path d="{d}" fill="{INK}" stroke="{INK}" stroke-width="{2 * LINE}"'
        f' stroke-linejoin="round"/><path d="{d}" fill="{fill}"/>'
    )


def _capsule(one: tuple[Point, float], other: tuple[Point, float]) -> str:
    """The hull of two circles: what a rubber band around them would be."""
    ((ax, ay), a), ((bx, by), b) = one, other
    apart = hypot(bx - ax, by - ay)
    if apart <= abs(a - b) + 0.01:
        big, r = ((ax, ay), a) if a >= b else ((bx, by), b)
        left, right = (big[0] - r, big[1]), (big[0] + r, big[1])
        return f"M{_at(left)}A{r:.1f} {r:.1f} 0 1 1 {_at(right)}A{r:.1f} {r:.1f} 0 1 1 {_at(left)}Z"
    turn, lean = atan2(by - ay, bx - ax), acos((a - b) / apart)

    def on(x: float, y: float, r: float, side: int) -> str:
        return _at((x + r * cos(turn + side * lean), y + r * sin(turn + side * lean)))

    return (
        f"M{on(ax, ay, a, -1)}L{on(bx, by, b, -1)}"
        f"A{b:.1f} {b:.1f} 0 {int(b > a)} 1 {on(bx, by, b, 1)}"
        f"L{on(ax, ay, a, 1)}A{a:.1f} {a:.1f} 0 {int(a > b)} 1 {on(ax, ay, a, -1)}Z"
    )


def _curve(through: Sequence[Point], steps: int = 9) -> list[Point]:
    """Along the curve from the first to the last, through the middle one."""
    (ax, ay), (mx, my), (bx, by) = through
    px, py = 2 * mx - (ax + bx) / 2, 2 * my - (ay + by) / 2
    at = [step / steps for step in range(steps + 1)]
    return [
        (
            (1 - t) ** 2 * ax + 2 * t * (1 - t) * px + t**2 * bx,
            (1 - t) ** 2 * ay + 2 * t * (1 - t) * py + t**2 * by,
        )
        for t in at
    ]


def _between(girth: tuple[float, float, float], count: int) -> list[float]:
    first, middle, last = girth
    half = (count - 1) / 2
    return [
        first + (middle - first) * part if part <= 1 else middle + (last - middle) * (part - 1)
        for part in (step / half for step in range(count))
    ]


def _ground() -> str:
    return f'<rect x="6" y="{GROUND}" width="{WIDTH - 12}" height="6" rx="3" fill="{FLOOR}"/>'


def _arrow(points: Sequence[Point]) -> str:
    """Curved through its middle, if it has one; the head at its end."""
    start, *bend, end = points
    before = bend[-1] if bend else start
    turn = atan2(end[1] - before[1], end[0] - before[0])
    wings = [
        (end[0] - 11 * cos(turn + side * 0.55), end[1] - 11 * sin(turn + side * 0.55))
        for side in (-1, 1)
    ]
    line = f"M{_at(start)}Q{_at(bend[0])} {_at(end)}" if bend else f"M{_at(start)}L{_at(end)}"
    d = f"{line}M{_at(wings[0])}L{_at(end)}L{_at(wings[1])}"
    return (
        f'<path d="{d}" fill="none" stroke="{TEAL}" stroke-width="4.5" stroke-linecap="round"'
        f' stroke-linejoin="round"/>'
    )


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
