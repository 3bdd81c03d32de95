"""What the objects are made of beside the placement: the Region, the cluster and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from acuse.resources.names import webhook_path
from acuse.resources.region import RegionSpec


@dataclass(frozen=True, slots=True)
class RegionSecret:
    """The region's Secret for workers: its hash and the variables in it, never a value."""

    hash: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegionView:
    """The Region that this operator runs in, and what its workers' Secret holds."""

    spec: RegionSpec
    secret: RegionSecret = RegionSecret()

    @property
    def hostname(self) -> str | None:
        """Return the name that webhooks come to; None when it is an address."""
        host = urlsplit(self.spec.intake_url).hostname
        try:
            ip_address(host or "")
        except ValueError:
            return host
        return None

    def webhook_url(self, key: str) -> str:
        """Return the address that Meta is given for a tenant."""
        return f"{self.spec.intake_url}{webhook_path(key)}"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Which optional kinds the cluster has."""

    gateway_api: bool = False
    keda: bool = False


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """What the region role is told at its start."""

    region: str
    release_namespace: str
    tenants_namespace: str
    worker_image: str
    intake_service: str = "acuse-intake"
    intake_port: int = 8080
    # What the Region says itself goes first.
    graph_url: str = ""
    media_hosts: tuple[str, ...] = ()
    image_pull_policy: str = "IfNotPresent"
    image_pull_secrets: tuple[str, ...] = ()
    # Seconds that a worker has to finish what it is at.
    worker_grace: int = 20
    # Events that one worker is meant to have waiting.
    backlog_per_worker: int = 20
    # Labels of the namespace that may scrape workers; without any, every namespace may.
    monitoring_namespace: Mapping[str, str] = field(default_factory=dict[str, str])
    # Seconds that DriftDetected stays True after the last drift.
    drift_hold: float = 300.0
    # Percent of the placements that may be asked to go within ten minutes; 0: any number.
    mass_deletion: float = 20.0
    # Seconds between two looks at the Region itself: its Secrets, its intake, its database.
    region_every: float = 15.0
    database_url: str = ""
    # An authority, beside the system's, that the intake's certificate may be of.
    intake_ca_file: str = ""
