"""Secrets as files, as Kubernetes mounts them: SECRETS/NAMESPACE/NAME/KEY."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from acuse.errors import InvalidManifest
from acuse.tenants.tenant import App

_LARGEST: Final = 65536


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """The keys of one Secret, read when asked for."""

    folder: Path
    # NAMESPACE/NAME, for messages.
    name: str = field(default="")

    def value(self, key: str) -> bytes | None:
        """Return the key's value without a trailing newline; None when there is no such key."""
        try:
            with (self.folder / key).open("rb") as file:
                value = file.read(_LARGEST + 1).rstrip(b"\r\n")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            raise InvalidManifest(f"secret {self.name}: {key} cannot be read") from exc
        if not value or len(value) > _LARGEST:
            raise InvalidManifest(f"secret {self.name}: {key} is empty or over {_LARGEST} bytes")
        return value

    def text(self, key: str) -> str:
        """Return a key that must be there, as text."""
        value = self.value(key)
        if value is None:
            raise InvalidManifest(f"secret {self.name}: {key} is missing")
        try:
            return value.decode()
        except UnicodeDecodeError as exc:
            raise InvalidManifest(f"secret {self.name}: {key} is not UTF-8") from exc

    def app_secrets(self) -> tuple[bytes, ...]:
        """Return the current and the previous app secret; empty when there is no current one."""
        current, previous = self.value("appSecret"), self.value("previousAppSecret")
        if current is None:
            return ()
        return (current,) if previous is None else (current, previous)


def read_app(secrets: Path, reference: str) -> App:
    """Return the platform's own Meta app; `reference` is NAMESPACE/NAME of its secret."""
    files = SecretFiles(secrets / reference, reference)
    found = files.app_secrets()
    if not found:
        raise InvalidManifest(f"secret {reference}: appSecret is missing")
    return App(app_secrets=found, verify_token=files.text("verifyToken"))
