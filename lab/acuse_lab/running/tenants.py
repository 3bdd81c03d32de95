"""Tenant manifests and their secret files, written as a platform engineer would."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from acuse_lab.graph.contract import NumberSpec, TemplateComponent, TemplateSpec

GRAPH_VERSION = "v26.0"
RESULT_TEMPLATE = "acuse_resultado"
APP_SECRET_REF = ("acuse-system", "meta-app")


def _token() -> str:
    return secrets.token_hex(16)


def _digits(count: int) -> str:
    return "".join(str(secrets.randbelow(10)) for _ in range(count - 1)).rjust(count, "1")


@dataclass(frozen=True, slots=True)
class LabTenant:
    """A tenant with one number: what its manifest says, and its secrets, made at random."""

    name: str
    display_name: str
    namespace: str = "demo"
    locale: str = "es-AR"
    # `spec.workers` and `spec.placement.home`, where there is an operator to read them.
    workers: Mapping[str, object] | None = None
    home: str = ""
    phone_number_id: str = field(default_factory=lambda: _digits(15))
    waba_id: str = field(default_factory=lambda: _digits(15))
    app_secret: str = field(default_factory=_token, repr=False)
    verify_token: str = field(default_factory=_token, repr=False)
    access_token: str = field(default_factory=_token, repr=False)

    @property
    def key(self) -> str:
        """Return the tenant's key, as in its webhook path."""
        return f"{self.namespace}.{self.name}"

    def manifest(self) -> dict[str, object]:
        """Return the Tenant resource."""
        return {
            "apiVersion": "acuse.dev/v1alpha1",
            "kind": "Tenant",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": {
                "displayName": self.display_name,
                "locale": self.locale,
                "currency": "ARS",
                "whatsapp": {
                    "numbers": [
                        {
                            "phoneNumberId": self.phone_number_id,
                            "wabaId": self.waba_id,
                            "graphVersion": GRAPH_VERSION,
                            "secretRef": {"name": f"{self.name}-whatsapp"},
                        }
                    ]
                },
                "templates": {"result": RESULT_TEMPLATE},
                **({"workers": dict(self.workers)} if self.workers else {}),
                **({"placement": {"home": self.home}} if self.home else {}),
            },
        }

    @property
    def secret_values(self) -> dict[str, str]:
        """Return what the Secret beside the tenant holds."""
        return {
            "appSecret": self.app_secret,
            "verifyToken": self.verify_token,
            "accessToken": self.access_token,
        }

    def secret(self) -> dict[str, object]:
        """Return the Secret that the Tenant names."""
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{self.name}-whatsapp", "namespace": self.namespace},
            "type": "Opaque",
            "stringData": self.secret_values,
        }

    def write(self, folder: Path) -> None:
        """Write the manifest and the secret into a folder that programs watch."""
        _write_secret(
            folder,
            namespace=self.namespace,
            name=f"{self.name}-whatsapp",
            values=self.secret_values,
        )
        text = yaml.safe_dump(self.manifest(), allow_unicode=True, sort_keys=False)
        (folder / f"{self.key}.yaml").write_text(text, encoding="utf-8")

    def number(self, display_phone_number: str = "5491150001234") -> NumberSpec:
        """Return the same number as the fake of Meta has to know it."""
        body = TemplateComponent(type="BODY", text="Sobre tu comprobante: {{1}}")
        return NumberSpec(
            phone_number_id=self.phone_number_id,
            waba_id=self.waba_id,
            display_phone_number=display_phone_number,
            tokens=(self.access_token,),
            app_secret=self.app_secret,
            templates=(TemplateSpec(name=RESULT_TEMPLATE, components=(body,)),),
        )


def write_app_secret(folder: Path, *, app_secret: str, verify_token: str) -> None:
    """Write the Meta app's own secret, which the app-wide route is checked with."""
    namespace, name = APP_SECRET_REF
    values = {"appSecret": app_secret, "verifyToken": verify_token}
    _write_secret(folder, namespace=namespace, name=name, values=values)


def _write_secret(folder: Path, *, namespace: str, name: str, values: Mapping[str, str]) -> None:
    place = folder / "secrets" / namespace / name
    place.mkdir(parents=True, exist_ok=True)
    for key, value in values.items():
        file = place / key
        file.write_text(value, encoding="utf-8")
        file.chmod(0o600)
