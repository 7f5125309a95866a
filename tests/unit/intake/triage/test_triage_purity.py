"""The decision core stands alone: it loads in a fresh interpreter without the rest."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import intake.triage

CORE = Path(intake.triage.__file__).parent
ROOT = CORE.parent.parent
LOADS = f"""
import sys, pkgutil, importlib
sys.path.insert(0, {str(ROOT)!r})
import intake.triage
for module in pkgutil.walk_packages(intake.triage.__path__, "intake.triage."):
    importlib.import_module(module.name)
print(*{{name.partition(".")[0] for name in sys.modules}} - set(sys.stdlib_module_names))
"""


def test_it_loads_nothing_but_itself_and_the_standard_library():
    # -S -E: without site-packages and without what the environment would add.
    loaded = subprocess.run(
        [sys.executable, "-S", "-E", "-c", LOADS], capture_output=True, text=True, check=True
    )
    assert set(loaded.stdout.split()) - {"__main__"} == {"intake"}


def nodes_of(*paths: Path) -> Iterator[tuple[Path, ast.AST]]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def test_it_reads_no_clock():
    for path, node in nodes_of(*CORE.rglob("*.py")):
        attribute = node.attr if isinstance(node, ast.Attribute) else ""
        assert attribute not in {"now", "today", "utcnow", "time"}, path


def test_there_is_no_lambda_in_what_a_doctor_signs():
    signed = [*(CORE / "questions").glob("*.py"), *(CORE / "protocol").glob("*.py")]
    assert signed
    for path, node in nodes_of(CORE / "conditions.py", *signed):
        assert not isinstance(node, ast.Lambda), path
