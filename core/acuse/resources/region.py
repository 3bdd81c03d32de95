"""Region: one cluster that serves tenants, and the law it stands under."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from acuse.resources.condition import Condition
from acuse.resources.metadata import ClusterMetadata
from acuse.resources.part import Part, StatusPart, Timestamp
from acuse.resources.values import (
    BaseUrl,
    Cidr,
    Count,
    Host,
    Jurisdiction,
    Label,
    LabelValue,
    Port,
    SecretKey,
    StoreUrl,
    Subdomain,
    Word,
)


class GatewayRef(Part):
    """The Gateway that routes to the intake, and its listener if not all of them."""

    namespace: Label
    name: Subdomain
    section_name: Subdomain | None = None


class KubeconfigSecretRef(Part):
    """The Secret on the hub that holds a kubeconfig."""

    namespace: Label
    name: Subdomain
    key: SecretKey = "kubeconfig"


class Access(Part):
    """How the hub reaches the region's API server."""

    type: Literal["InCluster", "Kubeconfig"] = "InCluster"
    kubeconfig_secret_ref: KubeconfigSecretRef | None = None

    @model_validator(mode="after")
    def a_kubeconfig_exactly_where_one_is_used(self) -> Access:
        """Refuse a kubeconfig that would not be read, and the want of one that would."""
        if (self.type == "Kubeconfig") != (self.kubeconfig_secret_ref is not None):
            raise ValueError("kubeconfigSecretRef goes with type Kubeconfig, and only with it")
        return self


class DatabaseSecretRef(Part):
    """The Secret in the region that holds the database's URL."""

    namespace: Label
    name: Subdomain
    key: SecretKey = "url"


class Database(Part):
    """The region's PostgreSQL."""

    secret_ref: DatabaseSecretRef


class EnvironmentSecretRef(Part):
    """A Secret in the region whose keys are environment variables."""

    namespace: Label
    name: Subdomain


class ObjectStore(Part):
    """Where the region keeps media."""

    url: StoreUrl
    secret_ref: EnvironmentSecretRef | None = None


class Environment(Part):
    """How the region's workers reach Meta, where that is not as everywhere."""

    graph_url: BaseUrl | None = None
    media_hosts: Annotated[list[Host], Field(max_length=16)] = Field(default_factory=list[str])

    @model_validator(mode="after")
    def each_host_once(self) -> Environment:
        """Refuse a host that is listed twice."""
        if len(set(self.media_hosts)) < len(self.media_hosts):
            raise ValueError("a host of mediaHosts is listed twice")
        return self


class RegionWorkers(Part):
    """What is told to every worker of the region."""

    env: Environment = Environment()


class Selector(Part):
    """What has all of these labels."""

    match_labels: Annotated[dict[str, LabelValue], Field(max_length=8)] = Field(
        default_factory=dict[str, str]
    )


class Egress(Part):
    """Something that the region's workers may connect to, by address or by labels."""

    name: Label
    cidr: Cidr | None = None
    pod_selector: Selector | None = None
    namespace_selector: Selector | None = None
    ports: Annotated[list[Port], Field(min_length=1, max_length=16)]

    @model_validator(mode="after")
    def by_address_or_by_labels(self) -> Egress:
        """Refuse what names both or neither, as a NetworkPolicy does."""
        by_labels = self.pod_selector is not None or self.namespace_selector is not None
        if (self.cidr is not None) == by_labels:
            raise ValueError("give either cidr, or podSelector and namespaceSelector")
        if len(set(self.ports)) < len(self.ports):
            raise ValueError("a port is listed twice")
        return self


class RegionSpec(Part):
    """What is wanted of the region."""

    jurisdiction: Jurisdiction
    intake_url: BaseUrl
    gateway: GatewayRef | None = None
    ingress_class_name: Subdomain | None = None
    access: Access = Access()
    database: Database | None = None
    object_store: ObjectStore | None = None
    workers: RegionWorkers = RegionWorkers()
    egress: Annotated[list[Egress], Field(max_length=16)] = Field(default_factory=list[Egress])
    cordoned: bool = False
    draining: bool = False
    # In tenants; None: there is no limit.
    capacity: Count | None = None

    @model_validator(mode="after")
    def one_way_in(self) -> RegionSpec:
        """Refuse a region that is to be reached by a Gateway and by an Ingress."""
        if self.gateway is not None and self.ingress_class_name is not None:
            raise ValueError("give gateway or ingressClassName, not both")
        return self

    @model_validator(mode="after")
    def each_egress_once(self) -> RegionSpec:
        """Refuse two ways out of one name."""
        if len({egress.name for egress in self.egress}) < len(self.egress):
            raise ValueError("a name of egress is listed twice")
        return self


class Replication(StatusPart):
    """How far this region is behind a peer."""

    peer: Word
    lag_bytes: Count | None = None
    since: Timestamp | None = None


class RegionStatus(StatusPart):
    """The region as its operator last saw it."""

    observed_generation: Count | None = None
    conditions: Annotated[list[Condition], Field(max_length=16)] = Field(
        default_factory=list[Condition]
    )
    tenants: Count | None = None
    epoch: Count | None = None
    heartbeat_time: Timestamp | None = None
    replication: Annotated[list[Replication], Field(max_length=64)] = Field(
        default_factory=list[Replication]
    )


class Region(Part):
    """One `kind: Region` object."""

    api_version: Literal["acuse.dev/v1alpha1"] = "acuse.dev/v1alpha1"
    kind: Literal["Region"] = "Region"
    metadata: ClusterMetadata
    spec: RegionSpec
    status: RegionStatus | None = None
