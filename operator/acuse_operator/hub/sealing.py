"""A number's credentials: read from the tenant's Secret, sealed into what its region gets.

An app secret that was replaced stays valid beside the new one for a while, and what a Secret said
last holds while it is missing or broken: neither refuses a webhook.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from acuse.resources.names import PREVIOUS_UNTIL
from acuse_operator.conditions import timestamp

_LARGEST: Final = 65536
_LENGTH: Final = 16
# Before a number's id, in an annotation.
_END: Final = f"{PREVIOUS_UNTIL}."
# Keys of a Secret, not secrets.
_APP_SECRET: Final = "appSecret"  # noqa: S105 - a key
_PREVIOUS: Final = "previousAppSecret"
_VERIFY_TOKEN: Final = "verifyToken"  # noqa: S105 - a key
_ACCESS_TOKEN: Final = "accessToken"  # noqa: S105 - a key


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a number's Secret holds; `app_secret` is None where the platform's app is used."""

    app_secret: bytes | None = field(repr=False)
    previous_app_secret: bytes | None = field(repr=False)
    verify_token: bytes = field(repr=False)
    access_token: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretFault:
    """Why a number has no credentials to use: names and keys, never a value."""

    reason: Literal["SecretMissing", "SecretInvalid", "NumberTaken"]
    message: str


Found = Credentials | SecretFault


@dataclass(frozen=True, slots=True)
class Sealed:
    """The credentials of all of a tenant's numbers, as one region gets them."""

    data: Mapping[str, bytes] = field(default_factory=dict[str, bytes], repr=False)
    # When the last of the app secrets that were replaced stops being valid, and when each number's.
    previous_until: datetime | None = None
    ends: Mapping[str, datetime] = field(default_factory=dict[str, datetime])

    @property
    def hash(self) -> str:
        """Return a hash of all that is in it."""
        digest = hashlib.sha256()
        for key, value in sorted(self.data.items()):
            digest.update(f"{key}\0{len(value)}\0".encode() + value)
        return digest.hexdigest()[:_LENGTH]

    @property
    def next_end(self) -> datetime | None:
        """Return when the next app secret stops being valid."""
        return min(self.ends.values(), default=self.previous_until)

    def end(self, phone_number_id: str) -> datetime | None:
        """Return when a number's replaced app secret stops being valid."""
        return self.ends.get(phone_number_id) if self.ends else self.previous_until

    def credentials(self, phone_number_id: str) -> Credentials | None:
        """Return a number's credentials; None when it has none that could be used."""
        verify = self.data.get(f"{phone_number_id}.{_VERIFY_TOKEN}")
        access = self.data.get(f"{phone_number_id}.{_ACCESS_TOKEN}")
        if verify is None or access is None:
            return None
        return Credentials(
            app_secret=self.data.get(f"{phone_number_id}.{_APP_SECRET}"),
            previous_app_secret=self.data.get(f"{phone_number_id}.{_PREVIOUS}"),
            verify_token=verify,
            access_token=access,
        )


def read_secret(secret: Mapping[str, Any] | None, *, name: str, is_app_shared: bool) -> Found:
    """Return a number's credentials from the Secret `name`, or what is wrong with it."""
    if secret is None or secret["metadata"].get("deletionTimestamp"):
        return SecretFault("SecretMissing", f"Secret {name} does not exist.")
    data: Mapping[str, str] = secret.get("data") or {}
    required = {_VERIFY_TOKEN, _ACCESS_TOKEN}
    if not is_app_shared:
        required.add(_APP_SECRET)
    values: dict[str, bytes] = {}
    for key in (_APP_SECRET, _PREVIOUS, _VERIFY_TOKEN, _ACCESS_TOKEN):
        if key not in data:
            if key in required:
                return SecretFault("SecretInvalid", f"Secret {name} has no key {key}.")
            continue
        value = _decode(data[key])
        if value is None:
            text = f"Secret {name}: key {key} is empty, too long or not UTF-8 text."
            return SecretFault("SecretInvalid", text)
        values[key] = value
    return Credentials(
        app_secret=values.get(_APP_SECRET),
        previous_app_secret=values.get(_PREVIOUS),
        verify_token=values[_VERIFY_TOKEN],
        access_token=values[_ACCESS_TOKEN],
    )


def _decode(text: str) -> bytes | None:
    try:
        value = base64.b64decode(text, validate=True).rstrip(b"\r\n")
        value.decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return value if 0 < len(value) <= _LARGEST else None


def seal(
    found: Mapping[str, Found], *, before: Sealed, now: datetime, overlap: timedelta
) -> Sealed:
    """Return what the region gets of these numbers, given what it has."""
    data: dict[str, bytes] = {}
    ends: dict[str, datetime] = {}
    for number, said in found.items():
        last, end = before.credentials(number), before.end(number)
        held = end if end is not None and end > now else None
        if isinstance(said, SecretFault):
            current, previous = last, None
            if last is not None and end is None:
                # The tenant's own Secret named it, while it could be read.
                previous = last.previous_app_secret
        else:
            current, previous = said, said.previous_app_secret
        if current is None:
            continue
        if previous is None and last is not None:
            previous, its_end = _replaced(current, last, held=held, new_end=now + overlap)
            ends |= {} if its_end is None else {number: its_end}
        data.update(_keys(number, current, previous=previous))
    return Sealed(data, max(ends.values(), default=None), ends)


def _replaced(
    current: Credentials, last: Credentials, *, held: datetime | None, new_end: datetime
) -> tuple[bytes | None, datetime | None]:
    """Return the app secret that stays valid beside the current one, and until when."""
    if None not in {current.app_secret, last.app_secret} and current.app_secret != last.app_secret:
        return last.app_secret, new_end
    if held is not None and last.previous_app_secret is not None:
        return last.previous_app_secret, held
    return None, None


def _keys(number: str, credentials: Credentials, *, previous: bytes | None) -> dict[str, bytes]:
    values = {
        _APP_SECRET: credentials.app_secret,
        _PREVIOUS: previous,
        _VERIFY_TOKEN: credentials.verify_token,
        _ACCESS_TOKEN: credentials.access_token,
    }
    return {f"{number}.{key}": value for key, value in values.items() if value is not None}


def end_annotations(sealed: Sealed) -> dict[str, str]:
    """Return the annotations that say when replaced app secrets stop being valid."""
    if sealed.previous_until is None:
        return {}
    each = {f"{_END}{number}": timestamp(end) for number, end in sealed.ends.items()}
    return {PREVIOUS_UNTIL: timestamp(sealed.previous_until), **each}


def read_sealed(secret: Mapping[str, Any] | None) -> Sealed:
    """Return what a region has; nothing when its Secret is not there or was spoilt."""
    if secret is None:
        return Sealed()
    annotations: Mapping[str, str] = secret["metadata"].get("annotations") or {}
    kept: Mapping[str, str] = secret.get("data") or {}
    data: dict[str, bytes] = {}
    for key, text in kept.items():
        value = _decode(text)
        if value is not None:
            data[key] = value
    ends = {
        name.removeprefix(_END): end
        for name, text in annotations.items()
        if name.startswith(_END) and (end := _time(text)) is not None
    }
    return Sealed(data, _time(annotations.get(PREVIOUS_UNTIL)), ends)


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
