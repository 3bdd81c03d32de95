"""The child process that reads one untrusted file: it limits itself, reads, answers, and ends.

Its parent, the worker, writes one JSON request to its line and keeps that open; when it ends, the
worker is gone, and the whole process group (Tesseract too) ends with it, the scratch folder
removed. One JSON answer goes back by the same line; whatever libraries print goes nowhere.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import threading
from pathlib import Path

import msgspec

from acuse.errors import AcuseError
from acuse.reading.wire import reading_to_data
from acuse_workers.reading.document import Terms, read_document
from acuse_workers.reading.engines.asking import RecogniserLine
from acuse_workers.reading.limits import ReadingLimits
from acuse_workers.reading.newborn import move_to
from acuse_workers.reading.request import EXPLAINED, Request

_OPEN_FILES = 256


def serve(line: socket.socket, recogniser: int | None) -> None:
    """Read its file and write `{"reading", "stages": …}` or `{"error": {"code", "message"}}`.

    `recogniser` is a line to the process that keeps PP-OCR's models; None where there is none.
    """
    with line.makefile("rb") as asked:
        request = msgspec.json.decode(asked.readline(), type=Request)
    move_to(os.fsdecode(request.scratch))
    limit_resources(request.limits)
    arguments = (line, request.scratch)
    threading.Thread(target=_end_with_parent, args=arguments, daemon=True).start()
    line.sendall(msgspec.json.encode(_answer(request, recogniser)))


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


def _end_with_parent(line: socket.socket, scratch: bytes) -> None:
    line.recv(1)
    shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _answer(request: Request, recogniser: int | None) -> dict[str, object]:
    explained = Path(os.fsdecode(request.scratch)) / EXPLAINED
    terms = Terms(
        request.limits,
        request.today,
        request.policy,
        None if recogniser is None else RecogniserLine(recogniser),
    )
    try:
        reading = read_document(
            Path(os.fsdecode(request.path)),
            terms,
            explain_to=explained if request.is_explained else None,
        )
    except AcuseError as exc:
        return {"error": {"code": exc.code, "message": str(exc)}}
    except MemoryError:
        return {"error": {"code": "reading_crashed", "message": "the memory limit was reached"}}
    return {"reading": reading_to_data(reading), "stages": terms.stopwatch.seconds}
