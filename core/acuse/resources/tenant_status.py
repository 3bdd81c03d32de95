"""What is the case with a Tenant: written by the hub, never by a person."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from acuse.resources.condition import Condition
from acuse.resources.part import StatusPart, Timestamp
from acuse.resources.values import Count, Message, Word

Role = Literal["Home", "Standby"]
Phase = Literal["Pending", "Applied", "Ready", "Degraded", "Deleting", "Unknown"]
Credentials = Literal["Valid", "Invalid", "Unknown"]


class RegionState(StatusPart):
    """How far one region is with the tenant, and since when."""

    name: Word
    role: Role
    phase: Phase
    applied_generation: Count | None = None
    hash: Word | None = None
    last_sync_time: Timestamp | None = None
    message: Message | None = None
    since: Timestamp | None = None
    chosen: bool | None = None


class NumberState(StatusPart):
    """What Meta says of one number: where its webhooks go, and whether its credentials hold."""

    phone_number_id: Word
    override_url: Message | None = None
    credentials: Credentials
    checked_at: Timestamp | None = None
    message: Message | None = None


class TenantStatus(StatusPart):
    """The tenant as the hub last saw it."""

    observed_generation: Count | None = None
    conditions: Annotated[list[Condition], Field(max_length=16)] = Field(
        default_factory=list[Condition]
    )
    regions: Annotated[list[RegionState], Field(max_length=64)] = Field(
        default_factory=list[RegionState]
    )
    regions_ready: Word | None = None
    active: Word | None = None
    residency: Word | None = None
    webhook_url: Message | None = None
    numbers: Annotated[list[NumberState], Field(max_length=100)] = Field(
        default_factory=list[NumberState]
    )
