"""Every sentence is whole where it stands, so that the catalogues hold it and a translator sees it.

The walk in tests/integration/test_pseudo_language.py sees what pages show; this sees each branch of
each source, shown or not.
"""

import ast
import re
from collections.abc import Iterator

import pytest
from django.template.base import Lexer, TokenType

from intake.screens import SCREENS
from intake.triage import PROTOCOL
from intake.triage.questions import Section
from intake.triage.words import Urgency
from tests.wording.catalogue import (
    ROOT,
    SIMPLE,
    is_text,
    name_of,
    patient_messages,
    patient_modules,
    patient_templates,
    text_of,
    translate_calls,
)
from tests.wording.pseudo import Shown, read

LETTERS = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"[A-Za-z’']{2,}[,:;]? [a-z’']+\b")
# Where a text given to a function or a field is one that a person reads.
SAID_BY = {"add_error", "ValidationError", "Trouble"}
SAID_IN = {"label", "help_text", "empty_label", "title", "lead", "sentence", "placeholder"}
SAID_AS = {"message", "title", "lead", "help_text", "label"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
# Blocks of the base template that are no text.
UNREAD_BLOCKS = {"robots", "body_class", "main_class", "home"}
PASSED_OVER = {"blocktranslate", "blocktrans", "comment"}
JAVASCRIPT_TEXT = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`")


# --- Modules --------------------------------------------------------------------------------------


def broken_sentences(source: str) -> Iterator[str]:
    """Sentences put together from pieces, where each should be whole for its translator."""
    tree = ast.parse(source)
    for call in translate_calls(tree):
        first = call.args[0]
        if isinstance(first, ast.JoinedStr | ast.BinOp) or name_of_inner(first) == "format":
            yield f"line {call.lineno}: a sentence is put together before it is translated"
    for node in ast.walk(tree):
        pieces = glued(node)
        has_words = any(is_text(each) and LETTERS.search(text_of(each)) for each in pieces)
        if has_words and any(holds_translation(each) for each in pieces):
            yield f"line {pieces[0].lineno}: untranslated words are glued to a translation"
        if isinstance(node, ast.Call) and name_of(node) in WITH_CONTEXT:
            yield f"line {node.lineno}: the catalogues here know no contexts"


def glued(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [node.left, node.right]
    return [*node.values] if isinstance(node, ast.JoinedStr) else []


def name_of_inner(node: ast.expr) -> str:
    return name_of(node) if isinstance(node, ast.Call) else ""


def holds_translation(node: ast.expr) -> bool:
    value = node.value if isinstance(node, ast.FormattedValue) else node
    return isinstance(value, ast.Call) and name_of(value) in SIMPLE | {"ngettext"}


def untranslated(source: str) -> Iterator[str]:
    """Texts said to a person as they are."""
    for node in ast.walk(ast.parse(source)):
        for each in said(node):
            if SENTENCE.search(fixed_words(each)):
                yield f"line {each.lineno}: {fixed_words(each)!r} is not given to gettext"


def said(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        return [node.value] if names & SAID_AS else []
    if not isinstance(node, ast.Call):
        return []
    to_a_person = name_of(node) in SAID_BY or is_message(node.func)
    named = [keyword.value for keyword in node.keywords if keyword.arg in SAID_IN]
    return [*named, *(node.args if to_a_person else [])]


def is_message(function: ast.expr) -> bool:
    """Such as messages.success."""
    return isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "messages"


def fixed_words(node: ast.expr) -> str:
    """The words of a text, or of what is fixed in an f-string."""
    if isinstance(node, ast.JoinedStr):
        return " x ".join(text_of(each) for each in node.values if is_text(each))
    return text_of(node) if is_text(node) else ""


def test_no_sentence_is_put_together_from_pieces():
    found = [
        f"{path.relative_to(ROOT)}, {problem}"
        for path in patient_modules()
        for problem in (*broken_sentences(path.read_text()), *untranslated(path.read_text()))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        '_(f"Hello {name}, come in")',
        '_("Hello " + name)',
        '_("Hello {}".format(name))',
        'x = _("Your visit is on") + " Monday at " + when',
        'x = f"Dear friend, {_(text)}"',
        'messages.success(request, "Your visit is booked.")',
        'messages.success(request, f"Your visit on {when} is booked.")',
        'forms.CharField(label="First name please")',
        'class A(Exception):\n    message = "That did not work."',
        'pgettext("a day", "Sun")',
    ],
)
def test_planted_pieces_are_found(planted):
    assert [*broken_sentences(planted), *untranslated(planted)]


@pytest.mark.parametrize(
    "whole",
    [
        '_("Hello %(name)s") % {"name": name}',
        'x = f"{_(first)} {_(second)}"',
        'messages.success(request, _("Your visit is booked."))',
        'log.warning("The worker %s is gone", name)',
        'x = capfirst(_(urgency)) + "."',
    ],
)
def test_whole_sentences_are_not(whole):
    assert not [*broken_sentences(whole), *untranslated(whole)]


# --- Templates ------------------------------------------------------------------------------------


def hard_coded(template: str, *, is_html: bool = True) -> list[str]:
    """What is left of a template's words without its tags, its data and its translations."""
    kept: list[str] = []
    closes = ""  # the tag that ends what is passed over
    for token in Lexer(template).tokenize():
        if token.token_type is TokenType.TEXT and not closes:
            kept.append(token.contents)
        elif token.token_type is TokenType.BLOCK:
            tag, *rest = token.contents.split()
            if tag == closes:
                closes = ""
            elif not closes and (
                tag in PASSED_OVER or (tag == "block" and rest[0] in UNREAD_BLOCKS)
            ):
                closes = f"end{tag}"
    left = "".join(kept)
    shown = read(left) if is_html else Shown(texts=[left])
    texts = [" ".join(each.split()) for each in (*shown.texts, *shown.attributes)]
    return [each for each in texts if LETTERS.search(each)]


def test_no_template_has_words_of_its_own():
    found = [
        f"{path.relative_to(ROOT)}: {text!r}"
        for path in patient_templates()
        for text in hard_coded(path.read_text(), is_html=path.suffix == ".html")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Hello</p>",
        "{% if x %}<p>Hello</p>{% endif %}",
        '<img alt="A back">',
        '<a aria-label="Go back">{% translate "Back" %}</a>',
        '{% translate "Back" %} or forward',
    ],
)
def test_planted_words_are_found(planted):
    assert hard_coded(planted)


def test_translations_and_data_are_no_words_of_its_own():
    clean = '<p class="lead">{% translate "Hello" %} {{ name }}</p><img alt="{{ words }}">'
    assert not hard_coded(clean)
    assert not hard_coded("{% blocktranslate %}Hello {{ name }}{% endblocktranslate %} 911")
    assert not hard_coded("{# a note #}{% comment %}more{% endcomment %}")


def test_no_template_names_a_context():
    for path in patient_templates():
        tags = re.findall(r"{%\s*(?:block)?trans(?:late)?\b[^%]*%}", path.read_text())
        assert not [tag for tag in tags if re.search(r"\scontext\s", tag)], path


# --- Scripts --------------------------------------------------------------------------------------


def words_in(script: str) -> list[str]:
    """A script's words stand in the page that loads it, where they are translated."""
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", script, flags=re.DOTALL)
    code = re.sub(r"\.(querySelector(All)?|closest|matches)\([^)]*\)", "", code)
    texts = ("".join(found) for found in JAVASCRIPT_TEXT.findall(code))
    return [text for text in texts if SENTENCE.search(text) and text != "use strict"]


def test_no_script_has_words_of_its_own():
    scripts = sorted((ROOT / "clinic" / "static" / "clinic").glob("*.js"))
    assert scripts
    assert {path.name: words_in(path.read_text()) for path in scripts} == {
        path.name: [] for path in scripts
    }


def test_planted_words_in_a_script_are_found():
    assert words_in('shown.textContent = "About a minute left";')
    assert not words_in('document.querySelector("[data-countdown]"); // about a minute')


# --- The protocol ---------------------------------------------------------------------------------


def protocol_texts() -> Iterator[str]:
    for question in PROTOCOL.questions:
        yield question.text
        yield question.help
        yield from (option.label for option in question.options)
    yield from (rule.because for rule in PROTOCOL.rules)
    yield from (section.heading for section in Section)
    yield from Urgency
    yield from (screen.title for screen in SCREENS)


def test_the_whole_protocol_is_handed_to_the_translators():
    known = {message.text for message in patient_messages()}
    assert {text for text in protocol_texts() if text} - known == set()
