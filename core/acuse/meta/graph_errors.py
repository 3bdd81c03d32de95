"""What Meta's error codes mean for a call: refused, or ask again, and when.

Meta asks to build on `error.code`; titles and messages change. The classes are those of its page
business-messaging/whatsapp/support/error-codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from acuse.errors import GraphRefused, GraphUnavailable

CodeClass = Literal[
    "auth",
    "policy",
    "payment",
    "pair_rate",
    "rate",
    "outage",
    "callback",
    "undeliverable",
    "media",
    "request",
]

PAIR_RATE: Final = 131056
# A message outside the 24-hour window that is not a template.
WINDOW_CLOSED: Final = 131047
# The webhook address did not answer Meta's challenge.
CALLBACK_UNVERIFIED: Final = 2200
# With subcode 33: no such object, or not this token's; Meta does not say which.
NO_SUCH_OBJECT: Final = (100, 33)

_AUTH: Final = frozenset({0, 3, 10, 190, 131005, *range(200, 300)})
_CLASSES: Final[Mapping[int, CodeClass]] = {
    **dict.fromkeys((368, 130497, 131031), "policy"),
    131042: "payment",
    PAIR_RATE: "pair_rate",
    **dict.fromkeys((4, 80007, 130429, 131048), "rate"),
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), "outage"),
    CALLBACK_UNVERIFIED: "callback",
    **dict.fromkeys((130472, 131026, WINDOW_CLOSED, 131049, 131050, 131051), "undeliverable"),
    **dict.fromkeys((131052, 131053), "media"),
}
# Nothing of the number succeeds until a person has acted, so its work waits and no try is spent.
_PAUSES: Final = frozenset[CodeClass]({"auth", "policy", "payment"})
_RETRY_AFTER: Final[Mapping[CodeClass, float]] = {
    "auth": 900.0,
    "policy": 3600.0,
    "payment": 3600.0,
    "pair_rate": 1.0,
    "rate": 4.0,
    "outage": 2.0,
    "callback": 30.0,
}
_LONGEST_LIMIT: Final = 3600.0
_LONGEST_OUTAGE: Final = 600.0


class GraphError(msgspec.Struct, frozen=True):
    """The `error` of Meta's envelope; its texts are left out: they may quote what was sent."""

    code: int
    error_subcode: int | None = None


class _Envelope(msgspec.Struct, frozen=True):
    error: GraphError


def read_error(body: bytes) -> GraphError | None:
    """Return the error in an answer's body; None when it has none of Meta's shape."""
    try:
        return msgspec.json.decode(body, type=_Envelope).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def code_class(code: int) -> CodeClass:
    """Return the class of one of Meta's codes; one we do not know is a fault of the request."""
    return "auth" if code in _AUTH else _CLASSES.get(code, "request")


def to_exception(
    error: GraphError, *, retry_after: float | None
) -> GraphRefused | GraphUnavailable:
    """Return what to raise for Meta's error; `retry_after` is its own wish in seconds, if any."""
    kind = code_class(error.code)
    detail = f"Graph API error {error.code} ({kind})"
    wait = _RETRY_AFTER.get(kind)
    if wait is None:
        return GraphRefused(detail, graph_code=error.code)
    return GraphUnavailable(
        detail,
        retry_after=max(wait, retry_after or 0.0),
        graph_code=error.code,
        pauses=kind in _PAUSES,
    )


def retry_delay(error: GraphUnavailable, *, retries: int) -> float:
    """Return the seconds to wait after the failed try number `retries` (from 0).

    4^X, as Meta asks for its limits; at most 1 h for those, 10 min for an outage. Never under what
    the answer itself asked for.
    """
    limited = error.graph_code is not None and code_class(error.graph_code) in {"pair_rate", "rate"}
    longest = _LONGEST_LIMIT if limited else _LONGEST_OUTAGE
    return max(min(4.0 ** min(retries, 12), longest), error.retry_after)
