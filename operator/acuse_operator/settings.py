"""What the operator needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from acuse.settings import (
    Commas,
    DatabaseSettings,
    GraphSettings,
    MonitoringSettings,
    ProgramSettings,
    split_commas,
)
from acuse_operator.lease import LONGEST, Terms

_LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"


class OperatorSettings(ProgramSettings, DatabaseSettings, MonitoringSettings, GraphSettings):
    """Which role the operator has, where, and how patient it is."""

    operator_role: Literal["hub", "region", "both"] = Field(
        default="both",
        description="`hub` turns Tenants into placements, `region` placements into routes and"
        " workers; `both` does both in one cluster.",
    )
    hub_local: bool = Field(
        default=True,
        description="Whether the hub's own cluster is the region `ACUSE_REGION`; if not, the hub"
        " touches no placement in it.",
    )
    release_namespace: str = Field(
        default="acuse-system",
        pattern=_LABEL,
        description="Namespace of the intake's Service and of the routes to it.",
    )
    tenants_namespace: str = Field(
        default="acuse-tenants",
        pattern=_LABEL,
        description="Namespace of the region's TenantPlacements and their sealed Secrets.",
    )
    operator_concurrency: int = Field(
        default=8, ge=1, le=64, description="Tenants that each role works on at a time."
    )
    secret_poll: float = Field(
        default=60.0, gt=0, description="Seconds between two looks at the Secrets a Tenant names."
    )
    region_poll: float = Field(
        default=15.0,
        gt=0,
        description="Seconds between two looks at the Secret that says how a region in another"
        " cluster is reached.",
    )
    cluster_profiles: str = Field(
        default="",
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$",
        description="Namespace of ClusterProfile objects (`multicluster.x-k8s.io`) that the hub"
        " makes Regions of; empty: of none.",
    )
    secret_overlap: float = Field(
        default=86_400.0,
        ge=0,
        description="Seconds that an app secret which was replaced stays valid beside the new one.",
    )
    app_secret_ref: str = Field(
        default="",
        description="NAMESPACE/NAME of the secret with the Meta app's own `appSecret`, as the"
        " intake has it; if set, a tenant's Secret need not have an `appSecret`.",
    )
    meta_registration: bool = Field(
        default=True,
        description="Whether the hub checks credentials at Meta and sets webhook overrides there.",
    )
    meta_look_every: float = Field(
        default=600.0,
        gt=0,
        description="Seconds between two looks at a number at Meta; longer where an account's"
        " hourly budget asks for it.",
    )
    intake_ca_file: str = Field(
        default="",
        description="PEM file of a certificate authority that the intake's address may have its"
        " certificate of, beside the system's.",
    )
    delete_timeout: float = Field(
        default=120.0,
        ge=0,
        description="Seconds to try to remove a deleted Tenant's webhooks at Meta before giving"
        " up with a Warning event.",
    )
    release_timeout: float = Field(
        default=60.0, gt=0, description="Seconds that `acuse operator release` may try Meta for."
    )
    region_manifest: Path | None = Field(
        default=None,
        description="File with this region's own Region object, applied at the start and when the"
        " file changes; what was changed by hand since stays.",
    )
    drift_hold: float = Field(
        default=300.0,
        ge=0,
        description="Seconds that DriftDetected stays True after a change by others was set back.",
    )
    mass_deletion: float = Field(
        default=20.0,
        ge=0,
        le=100,
        description="Percent of a region's placements, and more than five, that may be asked to go"
        " within ten minutes; beyond it nothing is taken down until somebody says so on the Region."
        " 0: any number may go.",
    )
    pod_name: str = Field(
        default="",
        description="The operator's own pod, by which the Lease says who leads; empty means the"
        " host's name.",
    )
    lease_duration: int = Field(
        default=10,
        ge=2,
        le=LONGEST,
        description="Seconds that the Lease of an operator which no longer renews it is seen"
        " unchanged before another one takes it. The same for all of a release.",
    )
    lease_renew_every: float = Field(
        default=2.0, gt=0, description="Seconds between two renewals of the leader's Lease."
    )
    lease_renew_deadline: float = Field(
        default=7.0,
        gt=0,
        description="Seconds without a renewal after which a leader ends its process; more than"
        " `ACUSE_LEASE_RENEW_EVERY` and less than `ACUSE_LEASE_DURATION`.",
    )
    worker_image: str = Field(default="", description="Image of dedicated workers.")
    worker_pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field(
        default="IfNotPresent", description="When a node pulls the image of dedicated workers."
    )
    worker_pull_secrets: Commas = Field(
        default=(), description="Comma-separated Secrets that the workers' image is pulled with."
    )
    intake_service: str = Field(
        default="acuse-intake:8080",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?:[0-9]{1,5}$",
        description="NAME:PORT of the intake's Service.",
    )
    watch_stale_after: float = Field(
        default=180.0,
        gt=0,
        description="Seconds without a byte on a watch after which the operator is not ready.",
    )
    watch_dead_after: float = Field(
        default=900.0,
        gt=0,
        description="Seconds without a byte on a watch after which the operator is not alive, so"
        " that Kubernetes restarts it.",
    )

    @field_validator("worker_pull_secrets", mode="before")
    @classmethod
    def split_secrets(cls, value: object) -> object:
        """Take "a,b" as two Secrets."""
        return split_commas(value)

    @model_validator(mode="after")
    def order_lease(self) -> Self:
        """See that a leader can renew before it has to stop, and stops before another starts."""
        if not self.lease_renew_every < self.lease_renew_deadline < self.lease_duration:
            raise ValueError("lease_renew_every < lease_renew_deadline < lease_duration must hold")
        return self

    @property
    def lease_terms(self) -> Terms:
        """Return how long the Lease holds and how often it is renewed."""
        return Terms(self.lease_duration, self.lease_renew_every, self.lease_renew_deadline)

    @property
    def is_hub(self) -> bool:
        """Tell whether this operator has the hub role."""
        return self.operator_role != "region"

    @property
    def is_region(self) -> bool:
        """Tell whether this operator has the region role."""
        return self.operator_role != "hub"
