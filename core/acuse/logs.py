"""Structured logs: one JSON object per line on standard error, and no personal data in any.

A log call may only carry the keys of `ALLOWED`; any other is dropped and its name written instead,
so that a careless call shows itself without showing a phone number.
"""

from __future__ import annotations

import logging
import sys
from typing import Final, Literal, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

# Ids, codes, counts and durations; never names, phones, texts, amounts, file names.
ALLOWED: Final = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "program",
        "region",
        "tenant",
        "tenant_id",
        "event_id",
        "kind",
        "field",
        "step",
        "status",
        "reason",
        "code",
        "attempt",
        "retries",
        "worker",
        "delivery_id",
        "receipt_id",
        "transaction_id",
        "outbox_id",
        "media_id",
        "count",
        "seconds",
        "retry_after",
        "size",
        "port",
        "host",
        "address",
        "version",
        "names",
        "path",
        "signal",
        "error",
        "exc_type",
        "graph_code",
        "http_status",
        "role",
        "setting",
        "changed",
        "added",
        "removed",
        "listed",
        "left",
        "object",
        "errors",
        "holder",
        "epoch",
        "dropped_keys",
        "pid",
    }
)


def drop_unknown_keys(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keep allowed keys; name the others under `dropped_keys` without their values."""
    dropped = sorted(key for key in event if key not in ALLOWED and key != "exc_info")
    for key in dropped:
        del event[key]
    if dropped:
        event["dropped_keys"] = dropped
    return event


def name_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and where it was raised: its text may hold personal data."""
    info: object = event.pop("exc_info", None)
    exc = sys.exc_info()[1] if info is True else info
    if isinstance(exc, tuple):
        exc = cast("tuple[object, object, object]", exc)[1]
    if isinstance(exc, BaseException):
        event["exc_type"] = type(exc).__qualname__
        frame = exc.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        if frame is not None:
            event["error"] = f"{frame.tb_frame.f_code.co_qualname}:{frame.tb_lineno}"
    return event


class _Foreign(logging.Handler):
    """Passes warnings of libraries on: who and how severe, never their text."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno, "library_log", logger=record.name, exc_info=record.exc_info
        )


def configure(
    program: str, *, level: str = "info", style: Literal["json", "console"] = "json"
) -> None:
    """Set up logging for this process; every line names `program`."""
    renderer = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_exception,
            drop_unknown_keys,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            cast("int", getattr(logging, level.upper()))
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(program=program)
    logging.basicConfig(handlers=[_Foreign()], level=logging.WARNING, force=True)
