"""A folder of tenants for tests: manifests and secrets, as an operator would write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


def manifest(name: str, *numbers: tuple[str, str], **spec: Any) -> dict[str, Any]:
    """Return a manifest in namespace `shops`; a number is (phone number id, WABA id)."""
    listed = [
        {"phoneNumberId": phone, "wabaId": waba, "secretRef": {"name": f"{name}-whatsapp"}}
        for phone, waba in numbers
    ]
    return {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "Tenant",
        "metadata": {"name": name, "namespace": "shops"},
        "spec": {"displayName": name.title(), "whatsapp": {"numbers": listed}, **spec},
    }


@dataclass(frozen=True, slots=True)
class TenantFolder:
    """The folder, and how to change what is in it."""

    path: Path

    def secret(self, name: str, **keys: str) -> None:
        """Write a secret of namespace `shops`, each key with the newline an editor leaves."""
        folder = self.path / "secrets" / "shops" / name
        folder.mkdir(parents=True, exist_ok=True)
        for key, value in keys.items():
            (folder / key).write_text(f"{value}\n", encoding="utf-8")

    def credentials(self, tenant: str, *, app_secret: str | None) -> None:
        """Write a tenant's secret; without an app secret the platform's counts."""
        self.secret(f"{tenant}-whatsapp", verifyToken=f"verify-{tenant}", accessToken="token")
        if app_secret is not None:
            self.secret(f"{tenant}-whatsapp", appSecret=app_secret)

    def write(self, file: str, *documents: dict[str, Any]) -> None:
        """Write a file of manifests at once, as `mv` does."""
        partial = self.path / f".{file}"
        partial.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
        partial.rename(self.path / file)

    def tenant(self, name: str, *numbers: tuple[str, str], app_secret: str | None = "") -> None:
        """Write a tenant with its own file and secret; its app secret is `secret-NAME`."""
        secret = f"secret-{name}" if app_secret == "" else app_secret
        self.credentials(name, app_secret=secret)
        self.write(f"{name}.yaml", manifest(name, *numbers))
