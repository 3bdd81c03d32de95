"""Decodes files one after the other, each in a process of its own under the reader's bounds.

`python -m support.decoding` reads names of files from standard input and writes one line for each:
`read`, an error's code, or `unexpected:` and what happened. Letters are not recognised.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, Final
from unittest.mock import patch

from acuse.errors import AcuseError
from acuse.reading.interpret import interpret
from acuse_workers.reading import document
from acuse_workers.reading.barcode import read_codes
from acuse_workers.reading.child import limit_resources
from acuse_workers.reading.limits import ReadingLimits
from acuse_workers.reading.looking import Look, Seen

TODAY: Final = date(2026, 11, 23)
LIMITS: Final = ReadingLimits(seconds=20)
_LONGEST: Final = 4000


class Decoder:
    """The line to the process that decodes."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process

    def decode(self, path: Path) -> str:
        """Return `read`, an error's code, or what else happened."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        return str(json.loads(self._process.stdout.readline()))


@contextmanager
def open_decoder() -> Generator[Decoder]:
    """Start the process that decodes; it ends with the block."""
    program = (sys.executable, "-m", "support.decoding")
    tests = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(tests), "OPENBLAS_NUM_THREADS": "1"}
    with Popen(program, stdin=PIPE, stdout=PIPE, text=True, env=environment) as process:
        yield Decoder(process)


def _without_letters(look: Look, *_: Any) -> Seen:
    """Stand in for recognition: what is found in QR codes alone."""
    codes = [code for picture in look.pictures.values() for code in read_codes(picture)]
    return Seen(interpret([], codes, today=TODAY, engine="none"), look.pictures)


def _outcome(path: Path) -> str:
    try:
        document.read_document(path, document.Terms(LIMITS, TODAY))
    except AcuseError as exc:
        return exc.code
    except MemoryError:
        return "reading_crashed"
    except BaseException:  # noqa: BLE001 - whatever it is, the test is to show it
        return f"unexpected: {traceback.format_exc()}"
    return "read"


def _in_a_process(path: Path) -> str:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        limit_resources(LIMITS)
        os.write(write_end, _outcome(path)[-_LONGEST:].encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        said = pipe.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGXCPU:
        return "reading_timed_out"
    return said if code == 0 else f"reading_crashed by {code}"


def main() -> None:
    """Answer until standard input ends."""
    with patch.object(document, "look_by", _without_letters):
        for line in sys.stdin:
            sys.stdout.write(json.dumps(_in_a_process(Path(line.rstrip("\n")))) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
