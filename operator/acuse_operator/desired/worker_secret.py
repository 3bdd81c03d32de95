"""The tenant as a folder of files, in a Secret: what a dedicated worker mounts and reads.

Keys of a Secret cannot hold a slash, so the volume says at which path each is mounted.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

import yaml

from acuse.resources.placement import Bundle, TenantPlacement
from acuse.resources.tenant import NumberIdentity
from acuse_cluster.kinds import SECRETS, Manifest
from acuse_operator.desired.manifest import owned

MANIFEST: Final = "tenant.yaml"
_NEEDED: Final = ("verifyToken", "accessToken")
_SENT_WITH: Final = "accessToken"
# What the intake alone uses. A worker reads what strangers send it: it gets nothing with which a
# webhook could be forged, and is not replaced when it is rotated. A folder names them all the same.
_INTAKES: Final = ("verifyToken", "appSecret")
_NOT_USED: Final = base64.b64encode(b"not-used-by-workers").decode()


def worker_files(placement: TenantPlacement, sealed: Mapping[str, str]) -> dict[str, str] | None:
    """Return the Secret's data (base64) made of the sealed one's; None if no number is complete.

    A number whose credentials have not come yet is left out: one broken number in the manifest
    would take the others down.
    """
    complete = [
        number
        for number in placement.spec.bundle.numbers
        if all(sealed.get(_key(number, name)) for name in _NEEDED)
    ]
    if not complete:
        return None
    manifest = yaml.safe_dump(_manifest(placement, complete), sort_keys=False, allow_unicode=True)
    files = {MANIFEST: base64.b64encode(manifest.encode()).decode()}
    for number in complete:
        files[_key(number, _SENT_WITH)] = sealed[_key(number, _SENT_WITH)]
        files |= {_key(number, name): _NOT_USED for name in _INTAKES}
    return files


def worker_secret(placement: TenantPlacement, files: Mapping[str, str]) -> Manifest:
    """Return the worker's Secret."""
    return owned(
        SECRETS, placement, component="worker", body={"type": "Opaque", "data": dict(files)}
    )


def mounted_items(placement: TenantPlacement, files: Mapping[str, str]) -> list[dict[str, str]]:
    """Return where each key is mounted: tenant.yaml, and secrets/NAMESPACE/NUMBER/KEY."""
    items = [{"key": MANIFEST, "path": MANIFEST}]
    for key in sorted(files.keys() - {MANIFEST}):
        number, _, name = key.partition(".")
        items.append(
            {"key": key, "path": f"secrets/{placement.spec.tenant.namespace}/{number}/{name}"}
        )
    return items


def _key(number: NumberIdentity, name: str) -> str:
    return f"{number.phone_number_id}.{name}"


def _manifest(placement: TenantPlacement, numbers: list[NumberIdentity]) -> dict[str, Any]:
    tenant, bundle = placement.spec.tenant, placement.spec.bundle
    return {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "Tenant",
        "metadata": {"name": tenant.name, "namespace": tenant.namespace},
        "spec": {
            "displayName": bundle.display_name,
            "whatsapp": {
                "numbers": [
                    {
                        "phoneNumberId": number.phone_number_id,
                        "wabaId": number.waba_id,
                        "graphVersion": number.graph_version,
                        "secretRef": {"name": number.phone_number_id},
                    }
                    for number in numbers
                ]
            },
            "locale": bundle.locale,
            "currency": bundle.currency,
            "templates": bundle.templates.to_object(),
            **_said(bundle),
        },
    }


def _said(bundle: Bundle) -> dict[str, Any]:
    """Return what a tenant may say of its reading, as far as it does."""
    said: dict[str, Any] = {}
    if bundle.workers.ocr is not None:
        said["workers"] = {"ocr": bundle.workers.ocr}
    if bundle.reading is not None:
        said["reading"] = bundle.reading.to_object()
    return said
