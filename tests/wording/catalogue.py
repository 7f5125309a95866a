"""The patients' sentences, as they stand in the sources, and the catalogues made of them.

`python -m tests.wording.catalogue` brings each catalogue up to date and compiles it: sentences
that are new stand in it empty, those that are gone are gone. No gettext program is needed.
"""

import ast
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import django
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("clinic", "intake", "scheduling")
LOCALES = ROOT / "clinic" / "locale"
LANGUAGES = ("es",)
SIMPLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
# A file that changes only with its sentences.
_NEVER = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, order=True)
class Message:
    """A sentence; `plural` is its other form, and `places` say where it stands."""

    text: str
    plural: str = ""
    places: tuple[str, ...] = ()
    hint: str = ""

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.text, self.plural) if self.plural else self.text


@cache
def patient_messages() -> tuple[Message, ...]:
    """Every sentence a patient may read, in the order of the sources."""
    found: dict[tuple[str, str], Message] = {}
    for message in (*_of_templates(), *_of_modules()):
        key = (message.text, message.plural)
        known = found.get(key)
        places = (*known.places, *message.places) if known else message.places
        hint = message.hint or (known.hint if known else "")
        found[key] = Message(message.text, message.plural, tuple(dict.fromkeys(places)), hint)
    return tuple(found.values())


# --- Templates ------------------------------------------------------------------------------------


def patient_templates() -> list[Path]:
    from tests.wording import staff_template

    root = ROOT / "templates"
    files = sorted(path for path in root.rglob("*.*") if path.suffix in {".html", ".txt"})
    return [path for path in files if not staff_template(str(path.relative_to(root)))]


def _of_templates() -> Iterator[Message]:
    from django.template import engines
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    engine: Any = engines["django"]
    for path in patient_templates():
        place = str(path.relative_to(ROOT))
        template = engine.from_string(path.read_text()).template
        node: Any
        for node in template.nodelist.get_nodes_by_type(TranslateNode):
            yield Message(str(node.filter_expression.var.literal), places=(place,))
        for node in template.nodelist.get_nodes_by_type(BlockTranslateNode):
            singular, _names = node.render_token_list(node.singular)
            plural = node.render_token_list(node.plural)[0] if node.plural else ""
            if node.trimmed:
                singular, plural = _trimmed(singular), _trimmed(plural)
            yield Message(singular, plural, (place,))


def _trimmed(text: str) -> str:
    from django.utils.translation import trim_whitespace

    return trim_whitespace(text)


# --- Modules --------------------------------------------------------------------------------------


def patient_modules() -> list[Path]:
    from tests.wording import STAFF_MODULES, staffs

    files = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return [path for path in files if not staffs(str(path.relative_to(ROOT)), STAFF_MODULES)]


def _of_modules() -> Iterator[Message]:
    for path in patient_modules():
        source = path.read_text()
        lines = source.splitlines()
        for call in translate_calls(ast.parse(source)):
            texts = [text_of(each) for each in call.args if is_text(each)]
            if not texts:
                continue  # translated here, marked elsewhere
            plural = texts[1] if name_of(call) in PLURAL else ""
            place = str(path.relative_to(ROOT))
            yield Message(texts[0], plural, (place,), _hint(lines, call.lineno))


def translate_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node) in SIMPLE | PLURAL and node.args:
            yield node


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def text_of(node: ast.expr) -> str:
    return str(ast.literal_eval(node))


def _hint(lines: list[str], number: int) -> str:
    """A comment to the translators, on the line before."""
    before = lines[number - 2].strip() if number > 1 else ""
    return before.removeprefix("# ") if before.startswith("# Translators:") else ""


# --- Catalogues -----------------------------------------------------------------------------------


def po_file(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def brought_up_to_date(
    language: str, translated: Mapping[str | tuple[str, str], object]
) -> Catalog:
    """A catalogue of exactly the sentences there are now, with what was translated before."""
    catalog = Catalog(
        locale=language,
        project="Clinic",
        version="1",
        msgid_bugs_address="see README.md",
        last_translator="the clinic's developers",
        language_team="awaiting a native clinical reviewer",
        fuzzy=False,
        header_comment="# What patients read. Awaiting a native clinical reviewer.",
        creation_date=_NEVER,
        revision_date=_NEVER,
    )
    for message in patient_messages():
        catalog.add(
            message.id,
            translated.get(message.text, "" if not message.plural else ("", "")),  # type: ignore[arg-type]
            locations=[(place, None) for place in message.places],  # type: ignore[misc]
            auto_comments=[message.hint] if message.hint else [],
            flags=[f for f in ("python-format",) if "%(" in message.text],
        )
    return catalog


def as_po(catalog: Catalog) -> bytes:
    written = BytesIO()
    write_po(written, catalog, width=98)
    return written.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    written = BytesIO()
    write_mo(written, catalog)
    return written.getvalue()


def update(language: str) -> int:
    """Write both files; the number of sentences that still want a translation."""
    path = po_file(language)
    known = {}
    if path.exists():
        known = {_first(each.id): each.string for each in read(language) if each.id}
    catalog = brought_up_to_date(language, known)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_po(catalog))
    path.with_suffix(".mo").write_bytes(as_mo(catalog))
    return len([each for each in catalog if each.id and not all(forms(each.string))])


def forms(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, tuple | list) else (str(string),)


def _first(id_: object) -> str:
    return forms(id_)[0]


def main() -> None:
    os.environ.setdefault("CLINIC_ENVIRONMENT", "offline")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    for language in LANGUAGES:
        missing = update(language)
        sys.stdout.write(f"{po_file(language).relative_to(ROOT)}: {missing} to translate.\n")


if __name__ == "__main__":
    main()
