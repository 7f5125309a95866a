"""The style sheets: a colour is named once, as a token, and every token named exists."""

import re
from pathlib import Path

import pytest

SHEETS = sorted((Path(__file__).resolve().parents[2] / "clinic/static/clinic").glob("*.css"))
# Where colours may be written down: the light tokens, the dark ones, and those of paper.
TOKENS = re.compile(r":root[^{]*\{[^}]*\}")
COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(|(?<=[:\s])(?:white|black|red|gr[ae]y)\b(?!-)"
)
# The admin site has its own tokens, Django's.
OURS = [sheet for sheet in SHEETS if sheet.name != "admin.css"]


@pytest.mark.parametrize("sheet", OURS, ids=lambda sheet: sheet.name)
def test_no_rule_invents_a_colour(sheet: Path):
    rules = TOKENS.sub("", COMMENTS.sub("", sheet.read_text()))
    assert COLOUR.findall(rules) == []


def test_every_token_used_is_defined():
    said = "".join(COMMENTS.sub("", sheet.read_text()) for sheet in OURS)
    used = set(re.findall(r"var\((--(?!bs-)[\w-]+)\)", said))
    defined = set(re.findall(r"(?<![\w-])(--[\w-]+)\s*:", said))
    assert used - defined == set()
