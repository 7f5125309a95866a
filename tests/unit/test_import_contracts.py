"""Each import contract passes on the code as it is, and fails on one planted violation."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = [contract["name"] for contract in LINTER["contracts"]]

# Contract, module, and the line planted at its end.
PLANTS = [
    (CONTRACTS[0], "clinic/planted.py", "import intake.models"),
    (CONTRACTS[0], "intake/planted.py", "import scheduling.models"),
    (CONTRACTS[1], "scheduling/planted.py", "import intake.models"),
    (CONTRACTS[1], "scheduling/views/planted.py", "from intake.services import submit"),
    (CONTRACTS[2], "scheduling/planted.py", "from scheduling.demo import load"),
    (CONTRACTS[2], "scheduling/views/planted.py", "import scheduling.demo.acting"),
    (CONTRACTS[3], "clinic/access.py", "import clinic.views"),
    (CONTRACTS[3], "scheduling/planted.py", "from clinic.views import health"),
    (CONTRACTS[4], "intake/triage/planted.py", "import django"),
    (CONTRACTS[4], "intake/triage/planted.py", "import clinic.models"),
    (CONTRACTS[4], "scheduling/slots/planted.py", "import psycopg"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in LINTER["root_packages"]:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_code_keeps_every_contract(copy: Path):
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("contract", "module", "line"), PLANTS)
def test_a_planted_import_breaks_its_contract(copy: Path, contract: str, module: str, line: str):
    with (copy / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(copy)
    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout


def test_each_contract_was_seen_to_fail():
    assert {contract for contract, _, _ in PLANTS} == set(CONTRACTS)
