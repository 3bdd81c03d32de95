"""Credentials as a sealed Secret holds them: one entry per number and credential."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, cast

from acuse.errors import InvalidManifest
from acuse.tenants.tenant import App
from acuse_cluster.kinds import Manifest

_LARGEST: Final = 65536


@dataclass(frozen=True, slots=True)
class Credentials:
    """The entries of one Secret, or those of it that begin alike; read when asked for."""

    secret: Manifest
    prefix: str = ""

    def value(self, key: str) -> bytes | None:
        """Return the entry without a trailing newline; None when there is none."""
        data = cast("dict[str, str]", self.secret.get("data") or {})
        encoded = data.get(f"{self.prefix}{key}")
        if encoded is None:
            return None
        try:
            value = base64.b64decode(encoded, validate=True).rstrip(b"\r\n")
        except (binascii.Error, ValueError) as exc:
            raise InvalidManifest(f"{self._named(key)} is not base64") from exc
        if not value or len(value) > _LARGEST:
            raise InvalidManifest(f"{self._named(key)} is empty or over {_LARGEST} bytes")
        return value

    def text(self, key: str) -> str:
        """Return an entry that must be there, as text."""
        value = self.value(key)
        if value is None:
            raise InvalidManifest(f"{self._named(key)} is missing")
        try:
            return value.decode()
        except UnicodeDecodeError as exc:
            raise InvalidManifest(f"{self._named(key)} is not UTF-8") from exc

    def app_secrets(self) -> tuple[bytes, ...]:
        """Return the current and the previous app secret; empty when there is no current one."""
        current, previous = self.value("appSecret"), self.value("previousAppSecret")
        if current is None:
            return ()
        return (current,) if previous is None else (current, previous)

    def _named(self, key: str) -> str:
        return f"secret {self.secret['metadata']['name']}: {self.prefix}{key}"


def read_app(secret: Manifest | None) -> App:
    """Return the platform's own Meta app; raise InvalidManifest when an entry cannot be used."""
    if secret is None:
        raise InvalidManifest("the secret of the shared app is missing")
    entries = Credentials(secret)
    found = entries.app_secrets()
    if not found:
        raise InvalidManifest(f"secret {secret['metadata']['name']}: appSecret is missing")
    return App(app_secrets=found, verify_token=entries.text("verifyToken"))
