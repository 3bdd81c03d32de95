"""TenantPlacement: a Tenant as one region gets it, compiled, without the rest of the world."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from acuse.resources.condition import Condition
from acuse.resources.metadata import KeyMetadata
from acuse.resources.names import tenant_key
from acuse.resources.part import Part, StatusPart, Timestamp
from acuse.resources.tenant import NumberIdentity, ReadingThresholds, Templates
from acuse.resources.tenant_status import Role
from acuse.resources.values import (
    Count,
    Currency,
    Digest,
    DisplayName,
    Label,
    Message,
    Uid,
    Word,
)
from acuse.resources.workers import Workers
from acuse.tenants.tenant import Locale, WorkerMode


class TenantRef(Part):
    """The Tenant on the hub that this was compiled from."""

    namespace: Label
    name: Label
    uid: Uid


class Bundle(Part):
    """What the region's programs need to know of the tenant, credentials apart."""

    display_name: DisplayName
    numbers: Annotated[list[NumberIdentity], Field(min_length=1, max_length=100)]
    locale: Locale
    currency: Currency
    templates: Templates = Templates()
    reading: ReadingThresholds | None = None
    workers: Workers = Workers()

    @model_validator(mode="after")
    def each_number_once(self) -> Bundle:
        """Refuse a phone number id that is listed twice."""
        ids = [number.phone_number_id for number in self.numbers]
        if len(set(ids)) < len(ids):
            raise ValueError("a phoneNumberId is listed twice")
        return self


class PlacementSpec(Part):
    """What is wanted of the region for this tenant."""

    tenant: TenantRef
    region: Label
    role: Role
    # Of the Tenant; with the hub's epoch it says which of two writes is the newer.
    generation: Count
    epoch: Count
    hash: Digest
    # None while there is nothing to hand over beside the placement.
    secret_hash: Digest | None = None
    suspend: bool = False
    bundle: Bundle


class WorkerCount(StatusPart):
    """How many workers there are for the tenant alone, and should be."""

    mode: WorkerMode
    desired: Count
    ready: Count


class Drift(StatusPart):
    """One field that somebody else had changed, and whose hand it was."""

    time: Timestamp
    kind: Word
    name: Word
    field: Message
    manager: Word


class DriftStatus(StatusPart):
    """How often something was put back, and what it was last."""

    count: Count
    last: Drift | None = None


class PlacementStatus(StatusPart):
    """The placement as the region last saw it."""

    observed_generation: Count | None = None
    observed_hash: Word | None = None
    conditions: Annotated[list[Condition], Field(max_length=16)] = Field(
        default_factory=list[Condition]
    )
    workers: WorkerCount | None = None
    drift: DriftStatus | None = None
    url: Message | None = None


class TenantPlacement(Part):
    """One `kind: TenantPlacement` object, written by the hub and carried out by the region."""

    api_version: Literal["acuse.dev/v1alpha1"] = "acuse.dev/v1alpha1"
    kind: Literal["TenantPlacement"] = "TenantPlacement"
    metadata: KeyMetadata
    spec: PlacementSpec
    status: PlacementStatus | None = None

    @property
    def key(self) -> str:
        """Return the tenant's key, which is the placement's name too."""
        return tenant_key(self.spec.tenant.namespace, self.spec.tenant.name)

    @model_validator(mode="after")
    def is_named_after_its_tenant(self) -> TenantPlacement:
        """Refuse a placement under another tenant's name."""
        if self.metadata.name != self.key:
            raise ValueError("metadata.name must be NAMESPACE.NAME of spec.tenant")
        return self
