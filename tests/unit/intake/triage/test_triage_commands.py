"""The two commands as a person runs them: from any folder, with no environment and no database."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import intake
from intake.triage import PROTOCOL
from intake.triage.plain import describe

from .forms import DESK, EXAMPLES

MANAGE = Path(intake.__file__).parent.parent / "manage.py"
CASES = "".join(json.dumps({"id": e["id"], "answers": e["answers"]}) + "\n" for e in EXAMPLES)
EXPECTED = [{"id": e["id"], **e["expected"], "protocol": "1.1"} for e in EXAMPLES]
# As bare as it gets, in a locale that knows no accents.
BARE = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def manage(*args: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, str(MANAGE), *map(str, args)],
        input=stdin,
        capture_output=True,
        env=BARE,
        cwd="/",
        check=False,
    )


def replies(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


class TestTriage:
    def test_a_file(self, tmp_path):
        path = tmp_path / "cases.jsonl"
        path.write_text(CASES, encoding="utf-8")
        done = manage("triage", path)
        assert (done.returncode, done.stderr) == (0, b"")
        assert replies(done) == EXPECTED

    def test_standard_input(self):
        done = manage("triage", "-", stdin=CASES.encode())
        assert (done.returncode, done.stderr) == (0, b"")
        assert replies(done) == EXPECTED

    def test_nothing_at_all_is_no_error(self):
        done = manage("triage", "-")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")

    def test_bad_lines_are_named_and_the_others_answered(self):
        good = json.dumps({"id": "José", "answers": DESK}, ensure_ascii=False).encode()
        lines = [good, b"", b"\xff", b"[" * 100_000, b'{"id": 5}', good]
        done = manage("triage", "-", stdin=b"\n".join(lines))
        assert done.returncode == 1
        assert [reply["id"] for reply in replies(done)] == ["José", "José"]
        assert done.stderr.decode().splitlines() == [
            "Line 2: not JSON.",
            "Line 3: not UTF-8.",
            "Line 4: nested too deeply to be read.",
            "Line 5: there is no answers object.",
        ]

    @pytest.mark.parametrize("path", ["/no/such/file.jsonl", "/"])
    def test_a_file_that_cannot_be_read_is_one_sentence(self, path):
        done = manage("triage", path)
        assert done.returncode == 1
        assert done.stdout == b""
        assert done.stderr.decode().startswith(f"CommandError: Cannot read {path}: ")
        assert done.stderr.count(b"\n") == 1

    def test_each_case_is_answered_before_the_next_is_sent(self):
        with subprocess.Popen(
            [sys.executable, str(MANAGE), "triage", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=BARE,
        ) as running:
            assert running.stdin
            assert running.stdout
            for each, expected in zip(EXAMPLES[:3], EXPECTED, strict=False):
                running.stdin.write(json.dumps(each).encode() + b"\n")
                running.stdin.flush()
                assert json.loads(running.stdout.readline()) == expected
            running.stdin.close()
            assert running.wait() == 0

    def test_a_reader_that_goes_away_is_no_error_to_shout_about(self, tmp_path):
        path = tmp_path / "cases.jsonl"
        path.write_text(CASES * 500, encoding="utf-8")
        with subprocess.Popen(
            [sys.executable, str(MANAGE), "triage", str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=BARE,
        ) as running:
            assert running.stdout
            assert running.stderr
            assert json.loads(running.stdout.readline()) == EXPECTED[0]
            running.stdout.close()
            assert running.stderr.read() == b""
            assert running.wait() == 1


class TestProtocol:
    def test_it_prints_the_protocol_in_utf_8(self):
        done = manage("protocol")
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode("utf-8") == describe(PROTOCOL)
