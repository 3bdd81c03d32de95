"""From a TenantPlacement and its sealed Secret to the Tenant that programs use. Pure."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from acuse.errors import InvalidManifest
from acuse.resources.names import sealed_name, tenant_key
from acuse.resources.placement import PlacementSpec
from acuse.resources.tenant import thresholds
from acuse.tenants.tenant import App, Number, Tenant, tenant_id
from acuse_cluster.kinds import Manifest
from acuse_cluster.sealed import Credentials


def is_placed_in(placement: Manifest, region: str) -> bool:
    """Whether the placement is for this region."""
    spec: Any = placement.get("spec") or {}
    return bool(spec.get("region") == region)


def compile_tenant(placement: Manifest, sealed: Manifest | None, *, app: App | None) -> Tenant:
    """Return the tenant; raise InvalidManifest when a field or a credential cannot be used."""
    spec = _parse(placement)
    key = tenant_key(spec.tenant.namespace, spec.tenant.name)
    if placement["metadata"]["name"] != key:
        raise InvalidManifest(f"the placement must be named {key}, after its tenant")
    if sealed is None:
        raise InvalidManifest(f"secret {sealed_name(key)} is missing")
    bundle = spec.bundle
    numbers: list[Number] = []
    for number in bundle.numbers:
        entries = Credentials(sealed, f"{number.phone_number_id}.")
        app_secrets = entries.app_secrets() or (app.app_secrets if app else ())
        if not app_secrets:
            raise InvalidManifest(
                f"secret {sealed_name(key)}: {number.phone_number_id}.appSecret is missing"
            )
        numbers.append(
            Number(
                phone_number_id=number.phone_number_id,
                waba_id=number.waba_id,
                graph_version=number.graph_version,
                verify_token=entries.text("verifyToken"),
                access_token=entries.text("accessToken"),
                app_secrets=app_secrets,
            )
        )
    return Tenant(
        key=key,
        id=tenant_id(key),
        display_name=bundle.display_name,
        numbers=tuple(numbers),
        locale=bundle.locale,
        currency=bundle.currency,
        result_template=bundle.templates.result,
        suspended=spec.suspend,
        workers_mode=bundle.workers.mode,
        ocr=bundle.workers.ocr or "Auto",
        thresholds=thresholds(bundle.reading),
    )


def _parse(placement: Manifest) -> PlacementSpec:
    try:
        # A newer release's hub may say more than we know; the API server has refused what is wrong.
        return PlacementSpec.model_validate(
            placement.get("spec"), extra="ignore", by_alias=True, by_name=False
        )
    except ValidationError as exc:
        faults = "; ".join(
            f"spec.{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in exc.errors(include_input=False, include_url=False)
        )
        raise InvalidManifest(faults) from exc
