"""Tenant: a business to be served; the same in a folder and as a Kubernetes object."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from acuse.reading.decision import THRESHOLDS, Thresholds
from acuse.resources.metadata import Metadata
from acuse.resources.names import tenant_key
from acuse.resources.part import Part
from acuse.resources.tenant_status import TenantStatus
from acuse.resources.values import (
    Currency,
    DisplayName,
    GraphVersion,
    Jurisdiction,
    Label,
    MetaId,
    Subdomain,
    TemplateName,
)
from acuse.resources.workers import Workers
from acuse.tenants.tenant import Locale

# What no two regions of a tenant may share.
Spread = Literal["None", "Jurisdiction"]


class SecretRef(Part):
    """The Secret beside the tenant that holds a number's credentials."""

    name: Subdomain


class NumberIdentity(Part):
    """One WhatsApp number, as Meta knows it."""

    phone_number_id: MetaId
    waba_id: MetaId
    graph_version: GraphVersion = "v26.0"


class NumberSpec(NumberIdentity):
    """One WhatsApp number and where its credentials are."""

    secret_ref: SecretRef


class WhatsApp(Part):
    """The tenant's WhatsApp numbers."""

    numbers: Annotated[list[NumberSpec], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def each_number_once(self) -> WhatsApp:
        """Refuse a phone number id that is listed twice."""
        ids = [number.phone_number_id for number in self.numbers]
        if len(set(ids)) < len(ids):
            raise ValueError("a phoneNumberId is listed twice")
        return self


class Placement(Part):
    """The regions the tenant lives in: named, or to be chosen by the hub."""

    home: Label | None = None
    standby: Annotated[list[Label], Field(max_length=8)] = Field(default_factory=list[str])
    standbys: Annotated[int, Field(ge=0, le=8)] | None = None
    spread: Spread | None = None

    @model_validator(mode="after")
    def each_region_once(self) -> Placement:
        """Refuse a region that is listed twice, be it as home."""
        if len({self.home, *self.standby}) <= len(self.standby):
            raise ValueError("standby must not repeat home or a region")
        return self

    @model_validator(mode="after")
    def named_or_chosen(self) -> Placement:
        """Refuse standbys that are named without a home, or named and to be chosen."""
        if self.standby and self.home is None:
            raise ValueError(
                "standby goes with home; where the hub chooses, standbys says how many"
            )
        if self.standby and (self.standbys is not None or self.spread is not None):
            raise ValueError("give standby, or let the hub choose by standbys and spread, not both")
        return self


class Residency(Part):
    """Where the tenant's data may be, and nowhere else."""

    jurisdictions: Annotated[list[Jurisdiction], Field(min_length=1, max_length=32)]

    @model_validator(mode="after")
    def each_jurisdiction_once(self) -> Residency:
        """Refuse a jurisdiction that is listed twice."""
        if len(set(self.jurisdictions)) < len(self.jurisdictions):
            raise ValueError("a jurisdiction is listed twice")
        return self


class Templates(Part):
    """Names of approved message templates."""

    result: TemplateName | None = None


class ReadingThresholds(Part):
    """How sure a reading must be, in per cent; what is left out is as the release has it."""

    auto_percent: Annotated[int, Field(ge=50, le=100)] | None = None
    resend_percent: Annotated[int, Field(ge=0, le=49)] | None = None


def thresholds(said: ReadingThresholds | None) -> Thresholds:
    """Return the thresholds as shares; what is not said is as the release has it."""
    auto, resend = (said.auto_percent, said.resend_percent) if said else (None, None)
    return Thresholds(
        auto=THRESHOLDS.auto if auto is None else auto / 100,
        resend=THRESHOLDS.resend if resend is None else resend / 100,
    )


class TenantSpec(Part):
    """What is wanted of the tenant."""

    display_name: DisplayName
    whatsapp: WhatsApp
    placement: Placement | None = None
    residency: Residency | None = None
    locale: Locale = "es-AR"
    currency: Currency = "ARS"
    templates: Templates = Templates()
    # None: a region of an older release, which does not know it, is given none.
    reading: ReadingThresholds | None = None
    workers: Workers = Workers()
    suspend: bool = False
    deletion_protection: bool = False


class TenantManifest(Part):
    """One `kind: Tenant` object, from a file or from the API server."""

    api_version: Literal["acuse.dev/v1alpha1"]
    kind: Literal["Tenant"]
    metadata: Metadata
    spec: TenantSpec
    status: TenantStatus | None = None

    @property
    def key(self) -> str:
        """Return NAMESPACE.NAME, the tenant's place in its webhook path."""
        return tenant_key(self.metadata.namespace, self.metadata.name)

    def placed_in(self, region: str) -> bool:
        """Is the tenant served in this region? Where it names none it is, in every one."""
        placement = self.spec.placement
        if placement is None or placement.home is None:
            return True
        return region in {placement.home, *placement.standby}
