"""The child process that reads one untrusted file: it limits itself, reads, answers, and ends.

Its parent writes one JSON request to standard input and keeps it open; when that ends, the parent
is gone, and the whole process group (Tesseract too) ends with it, the scratch folder removed. One
JSON answer goes to what was standard output; whatever libraries print goes nowhere.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import threading
from datetime import date
from pathlib import Path

import msgspec

from acuse.errors import AcuseError
from acuse.reading.wire import reading_to_data
from acuse.tenants.tenant import OcrPolicy
from acuse_workers.reading.limits import ReadingLimits

_OPEN_FILES = 256
EXPLAINED = "explained.png"


class Request(msgspec.Struct, frozen=True):
    """What to read, where to write meanwhile, what it may cost, and which day it is.

    Names of files are bytes: not all of them are text.
    """

    path: bytes
    scratch: bytes
    limits: ReadingLimits
    today: date
    # Whether to draw what was read, into EXPLAINED of `scratch`.
    is_explained: bool = False
    policy: OcrPolicy = "Tesseract"
    # A line to the process that keeps PP-OCR's models; None where there is none.
    recogniser: int | None = None


def main() -> None:
    """Read the request's file and write `{"reading": …}` or `{"error": {"code", "message"}}`."""
    request = msgspec.json.decode(sys.stdin.buffer.readline(), type=Request)
    answer_to = os.dup(1)
    os.dup2(2, 1)
    limit_resources(request.limits)
    threading.Thread(target=_end_with_parent, args=(request.scratch,), daemon=True).start()
    answer = msgspec.json.encode(_answer(request))
    with os.fdopen(answer_to, "wb") as pipe:
        pipe.write(answer)
    os._exit(0)


def limit_resources(limits: ReadingLimits) -> None:
    """Bound memory, processor time, written files and open files; forbid core dumps."""
    seconds = max(int(limits.seconds), 1)
    for what, bound in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_DATA, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.memory_bytes // 4),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (bound, bound))
    # The soft limit's signal says what happened; the hard one's would not.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _end_with_parent(scratch: bytes) -> None:
    sys.stdin.buffer.read(1)
    shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _answer(request: Request) -> dict[str, object]:
    try:
        # The engines are imported under the limits.
        from acuse_workers.reading.document import Terms, read_document  # noqa: PLC0415
        from acuse_workers.reading.engines.asking import RecogniserLine  # noqa: PLC0415

        reading = read_document(
            Path(os.fsdecode(request.path)),
            Terms(
                request.limits,
                request.today,
                request.policy,
                None if request.recogniser is None else RecogniserLine(request.recogniser),
            ),
            explain_to=Path(os.fsdecode(request.scratch)) / EXPLAINED
            if request.is_explained
            else None,
        )
    except AcuseError as exc:
        return {"error": {"code": exc.code, "message": str(exc)}}
    except MemoryError:
        return {"error": {"code": "reading_crashed", "message": "the memory limit was reached"}}
    return {"reading": reading_to_data(reading)}


if __name__ == "__main__":
    main()
