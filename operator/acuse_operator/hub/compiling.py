"""A Tenant, compiled for one region: its TenantPlacement and its sealed Secret."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from acuse.resources.names import (
    API_VERSION,
    EPOCH,
    SEALED_TYPE,
    SECRET_HASH,
    TENANT,
    labels,
    sealed_name,
)
from acuse.resources.placement import Bundle, PlacementSpec, TenantRef
from acuse.resources.tenant import NumberIdentity, TenantSpec
from acuse.resources.tenant_status import Role
from acuse_cluster.kinds import Manifest
from acuse_operator.hub.sealing import Sealed, end_annotations
from acuse_operator.hub.tenant import TenantView

_LENGTH: Final = 16
_ANY_REGION: Final = "any"
# What says who wrote it and when, not what is wanted.
_NOT_HASHED: Final = ("generation", "epoch", "hash")


@dataclass(frozen=True, slots=True)
class Compiled:
    """What one region gets of one tenant."""

    placement: Manifest
    sealed: Manifest

    @property
    def hash(self) -> str:
        """Return the hash of what is wanted, credentials included."""
        value: str = self.placement["spec"]["hash"]
        return value


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a tenant is compiled for."""

    region: str
    role: Role
    namespace: str
    epoch: int


def compile_tenant(
    view: TenantView, spec: TenantSpec, sealed: Sealed, *, to: Destination
) -> Compiled | None:
    """Return what the region gets; None while no number has credentials."""
    ids = [number.phone_number_id for number in spec.whatsapp.numbers]
    usable = frozenset(number for number in ids if sealed.credentials(number) is not None)
    if not usable:
        return None
    secret_hash = sealed.hash
    common = _LAST.common(view, spec, usable, secret_hash=secret_hash)
    wanted = {**common, "region": to.region, "role": to.role, "epoch": to.epoch}
    wanted["hash"] = _hash({k: v for k, v in wanted.items() if k not in _NOT_HASHED})
    metadata = {"name": view.key, "namespace": to.namespace}
    placement = {
        "apiVersion": API_VERSION,
        "kind": "TenantPlacement",
        "metadata": {
            **metadata,
            "labels": labels("placement", key=view.key),
            "annotations": {TENANT: view.key},
        },
        "spec": wanted,
    }
    return Compiled(placement, _secret(view.key, to, sealed, secret_hash=secret_hash))


class _Last:
    """What all regions get alike of the tenant that was compiled last.

    A tenant is compiled for one of its regions after another, and this is most of the work.
    """

    def __init__(self) -> None:
        # Held, so that no other spec can be at its place in memory.
        self._spec: TenantSpec | None = None
        self._of: tuple[object, ...] = ()
        self._common: dict[str, Any] = {}

    def common(
        self, view: TenantView, spec: TenantSpec, usable: frozenset[str], *, secret_hash: str
    ) -> dict[str, Any]:
        """Return a placement's spec, to be given its region, role, epoch and hash."""
        of = (view.key, view.uid, view.generation, usable, secret_hash)
        if self._spec is not spec or self._of != of:
            self._common = PlacementSpec(
                tenant=TenantRef(namespace=view.namespace, name=view.name, uid=view.uid),
                region=_ANY_REGION,
                role="Home",
                generation=view.generation,
                epoch=0,
                hash="0" * _LENGTH,
                secret_hash=secret_hash,
                suspend=spec.suspend,
                bundle=_bundle(spec, usable),
            ).to_object()
            self._spec, self._of = spec, of
        return self._common


_LAST: Final = _Last()


def _bundle(spec: TenantSpec, usable: Collection[str]) -> Bundle:
    return Bundle(
        display_name=spec.display_name,
        numbers=[
            NumberIdentity(
                phone_number_id=number.phone_number_id,
                waba_id=number.waba_id,
                graph_version=number.graph_version,
            )
            for number in spec.whatsapp.numbers
            if number.phone_number_id in usable
        ],
        locale=spec.locale,
        currency=spec.currency,
        templates=spec.templates,
        reading=spec.reading,
        workers=spec.workers,
    )


def _secret(key: str, to: Destination, sealed: Sealed, *, secret_hash: str) -> Manifest:
    annotations = {
        TENANT: key,
        SECRET_HASH: secret_hash,
        EPOCH: str(to.epoch),
        **end_annotations(sealed),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": sealed_name(key),
            "namespace": to.namespace,
            "labels": labels("sealed", key=key),
            "annotations": annotations,
        },
        "type": SEALED_TYPE,
        # Not stringData: server-side apply would own that instead of what is kept.
        "data": {name: base64.b64encode(value).decode() for name, value in sealed.data.items()},
    }


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]
