"""The library of home exercises, and the drawings in it."""

import re
from math import dist
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings

from intake import exercises, figures
from intake.exercises import LIBRARY, Exercise, Position

every_exercise = pytest.mark.parametrize("exercise", LIBRARY, ids=lambda each: each.id)
every_drawing = pytest.mark.parametrize(
    "position",
    [position for exercise in LIBRARY for position in exercise.positions],
    ids=lambda each: each.caption,
)


def test_the_library_is_the_clinics_five():
    assert [exercise.id for exercise in LIBRARY] == [
        "cat-camel",
        "pelvic-tilt",
        "hamstring",
        "hip-flexor",
        "bird-dog",
    ]
    assert exercises.BY_ID["bird-dog"].name == "Bird dog"


@every_exercise
def test_each_says_what_for_how_when_to_stop_and_how_much(exercise: Exercise):
    assert exercise.purpose
    assert exercise.source
    assert len(exercise.steps) >= 4
    assert exercise.stop.startswith("Stop if")
    assert exercise.dose.times_a_day >= 1
    assert exercise.dose.repeats >= 1


@every_exercise
def test_each_is_drawn_in_two_positions_that_differ(exercise: Exercise):
    first, last = exercise.positions
    assert first.drawing != last.drawing
    assert _field(first) == _field(last), "side by side, the floor would not be level"


@every_drawing
def test_a_drawing_keeps_inside_its_frame(position: Position):
    left, top, width, height = _field(position)
    for x, y in _points(position):
        assert left <= x <= left + width, (x, y)
        assert top <= y <= top + height, (x, y)


@every_drawing
def test_a_drawing_holds_nothing_the_browser_would_refuse(position: Position):
    root = ElementTree.fromstring(position.drawing)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "path", "rect"}
    assert not [each for each in root.iter() if "style" in each.attrib or "id" in each.attrib]


def test_the_colours_are_the_houses():
    tokens = (Path(settings.BASE_DIR) / "clinic/static/clinic/clinic.css").read_text()
    for colour in (figures.INK, figures.TEAL, figures.TINT, figures.SAND, figures.FLOOR):
        assert f": {colour};" in tokens


def test_a_limb_keeps_its_length():
    for foot in ((160, 160), (120, 140), (60, 100)):
        knee = figures._joint((100, 100), figures.Limb(foot, 1), figures.THIGH, figures.SHIN)
        assert _apart(knee, (100, 100)) == pytest.approx(figures.THIGH)
        assert _apart(knee, foot) == pytest.approx(figures.SHIN)


def _field(position: Position) -> list[float]:
    box = re.search(r'viewBox="([^"]+)"', position.drawing)
    assert box
    return [float(part) for part in box[1].split()]


def _points(position: Position) -> list[tuple[float, float]]:
    return [
        (float(x), float(y))
        for d in re.findall(r' d="([^"]+)"', position.drawing)
        for x, y in re.findall(r"(?:[MLQ]|A\S+ \S+ 0 [01] [01] )(-?[\d.]+) (-?[\d.]+)", d)
    ]


def _apart(one: figures.Point, other: figures.Point) -> float:
    return dist(one, other)
