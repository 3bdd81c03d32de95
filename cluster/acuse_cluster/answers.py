"""What a Kubernetes API server's answer means: an object, or one of Acuse's own errors."""

from __future__ import annotations

from typing import Any, Final, NoReturn, cast

import msgspec

from acuse.errors import ApiConflict, ApiExpired, ApiRefused, ApiUnavailable
from acuse_cluster.kinds import Manifest

_LONGEST_DETAIL: Final = 1000
# The words of an API server whose admission policies are not ready, for some seconds after it has
# started (k8s.io/apiserver, plugin/policy/validating: the kind or the object of `paramRef` is not
# known yet). It comes as Invalid, but it says nothing of the object.
_NOT_READY: Final = (
    "denied request: failed to configure policy",
    "denied request: failed to configure binding",
)
# A server that asks for more patience than this is asked again all the same.
_LONGEST_WAIT: Final = 60.0


def decode(body: bytes, *, what: str) -> Manifest:
    """Return the object that an answer holds; raise ApiUnavailable when it holds none."""
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        # A proxy's own page, or half an answer.
        raise ApiUnavailable(f"{what}: the answer is not JSON") from exc
    if not isinstance(value, dict):
        raise ApiUnavailable(f"{what}: the answer is no object")
    return cast("Manifest", value)


def refuse(status: int, body: bytes, *, retry_after: str | None, what: str) -> NoReturn:
    """Raise the error that an answer with this HTTP status stands for."""
    try:
        said: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    if not isinstance(said, dict):
        said = {"message": body.decode(errors="replace").strip()}
    refuse_status({**said, "code": status}, retry_after=retry_after, what=what)


def refuse_status(said: Manifest, *, what: str, retry_after: str | None = None) -> NoReturn:
    """Raise the error that a Status object stands for."""
    status = int(said.get("code") or 500)
    reason = str(said.get("reason") or "")
    detail = f"{what}: {said.get('message') or reason or status}"[:_LONGEST_DETAIL]
    if status == 410:  # noqa: PLR2004 - HTTP's own number
        raise ApiExpired(detail)
    if status == 409:  # noqa: PLR2004 - HTTP's own number
        raise ApiConflict(detail, reason=reason or "Conflict")
    is_early = status == 422 and any(words in detail for words in _NOT_READY)  # noqa: PLR2004 - HTTP's own number
    # 401: the token may just have been replaced.
    if is_early or status in {401, 408, 429} or status >= 500:  # noqa: PLR2004 - HTTP's own number
        raise ApiUnavailable(detail, status=status, retry_after=_seconds(retry_after))
    raise ApiRefused(detail, status=status, reason=reason)


def _seconds(retry_after: str | None) -> float:
    try:
        return min(max(float(retry_after or 1.0), 0.1), _LONGEST_WAIT)
    except ValueError:
        return 1.0
