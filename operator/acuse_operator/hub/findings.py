"""All that a look at a Tenant found, as plain values: what its status is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from acuse.resources.tenant import TenantSpec
from acuse_cluster.kinds import Manifest
from acuse_operator.hub.choosing import Choice, Wanted
from acuse_operator.hub.numbers import NumberReport
from acuse_operator.hub.sealing import SecretFault
from acuse_operator.hub.tenant import TenantView


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something is not as it should be: a word for programs, a sentence for people."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class RegionReport:
    """One region that the tenant wants to be in, or is."""

    wanted: Wanted
    # What the region has, as last seen.
    placement: Manifest | None = None
    # Why it could not be given what is wanted.
    obstacle: Obstacle | None = None
    # Its placement is being taken away.
    is_leaving: bool = False
    # Of what is wanted there; None where nothing is, or nothing can be.
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What one look at a Tenant found."""

    view: TenantView
    spec: TenantSpec
    choice: Choice
    regions: tuple[RegionReport, ...]
    numbers: tuple[NumberReport, ...]
    # The numbers whose Secret cannot be used, and why.
    secrets: Mapping[str, SecretFault]
    webhook_url: str | None
    # Does this operator set the webhooks at Meta?
    is_registering: bool
    now: datetime
    # What still stands in the way of the Tenant's own end.
    leaving: Obstacle | None = field(default=None)
