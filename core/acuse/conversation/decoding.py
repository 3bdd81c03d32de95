"""JSON of Meta's, taken as it is: a part of another shape is no part, half a pair is mended."""

from __future__ import annotations

import json
from typing import TypeVar, cast

import msgspec
from msgspec import Raw

from acuse.conversation.storable import storable

T = TypeVar("T")


def lenient(kind: type[T], raw: Raw) -> T | None:
    """Return `raw` as `kind`, half surrogate pairs replaced; None when it has another shape."""
    if raw == b"null":
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _repaired(kind, bytes(raw))


def _repaired(kind: type[T], raw: bytes) -> T | None:
    try:
        return msgspec.json.decode(msgspec.json.encode(_cleaned(json.loads(raw))), type=kind)
    except (msgspec.ValidationError, ValueError, RecursionError):
        return None


def _cleaned(data: object) -> object:
    if isinstance(data, str):
        return storable(data, longest=len(data)) or ""
    if isinstance(data, list):
        return [_cleaned(one) for one in cast("list[object]", data)]
    if isinstance(data, dict):
        return {k: _cleaned(v) for k, v in cast("dict[str, object]", data).items()}
    return data
