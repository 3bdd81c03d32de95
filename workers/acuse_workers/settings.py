"""The settings of `acuse worker`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from acuse.settings import (
    Commas,
    DatabaseSettings,
    GraphSettings,
    MediaSettings,
    MonitoringSettings,
    ObjectStoreSettings,
    ProgramSettings,
    TenantSettings,
    split_commas,
)


class WorkerSettings(
    ProgramSettings,
    DatabaseSettings,
    MonitoringSettings,
    TenantSettings,
    GraphSettings,
    MediaSettings,
    ObjectStoreSettings,
):
    """Everything a worker can be told."""

    worker_tenants: Commas = Field(
        default=(),
        description="Comma-separated keys of the tenants to work for; empty means all of them.",
    )
    worker_pool: Literal["all", "shared"] = Field(
        default="all",
        description="`all`: every tenant. `shared`: those whose manifest asks for no workers of"
        " their own, and events of no tenant or an unknown one. Of no effect with"
        " `ACUSE_WORKER_TENANTS`.",
    )
    worker_concurrency: int = Field(
        default=16, ge=1, le=500, description="Events that are worked on at once."
    )
    worker_readers: int = Field(
        default=2,
        ge=1,
        le=100,
        description="Documents that are read at once, each in a process of its own.",
    )
    worker_pool_size: int = Field(
        default=8, ge=3, le=100, description="Connections to PostgreSQL at most."
    )
    worker_lease: float = Field(
        default=30.0,
        ge=1,
        description="Seconds after which another worker takes over the events of one that died;"
        " renewed three times as often.",
    )
    worker_grace: float = Field(
        default=20.0,
        ge=0,
        description="Seconds to finish what is in progress when told to stop; what is left then is"
        " handed back.",
    )
    worker_retry_base: float = Field(
        default=1.0,
        gt=0,
        description="Longest wait before the first retry, in seconds; it doubles.",
    )
    worker_retry_cap: float = Field(
        default=600.0, gt=0, description="Longest wait before any retry, in seconds."
    )
    worker_max_tries: int = Field(
        default=20, ge=1, description="Tries of one step before its event is a dead letter."
    )
    worker_max_lost_leases: int = Field(
        default=5,
        ge=1,
        description="Times that a worker may die over one step before its event is a dead letter.",
    )

    @field_validator("worker_tenants", mode="before")
    @classmethod
    def split_tenants(cls, value: object) -> object:
        """Take "a,b" as two tenants."""
        return split_commas(value)
