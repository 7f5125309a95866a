"""Standard input and output as the offline commands need them: bytes in, UTF-8 out, no noise."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import BinaryIO

from django.core.management.base import CommandError, OutputWrapper


@contextmanager
def lines_of(path: str) -> Iterator[BinaryIO]:
    """The file's lines as bytes, or standard input's for `-`. A missing file is a sentence."""
    standard = path == "-"
    try:
        # Not in a `with`: only a failure to open is reported here.
        file = open(0 if standard else path, "rb", closefd=not standard)  # noqa: SIM115
    except OSError as error:
        raise CommandError(f"Cannot read {path}: {error.strerror}.") from None
    with file:
        yield file


@contextmanager
def written_to(out: OutputWrapper) -> Iterator[OutputWrapper]:
    """Writes UTF-8 whatever the locale, and stops quietly when the reader has gone away."""
    stream = getattr(out, "_out", None)
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8", newline="\n")
    try:
        yield out
        out.flush()
    except BrokenPipeError:
        # What is still buffered has nowhere to go: let the interpreter flush it into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
