"""What the API needs to know."""

from __future__ import annotations

from pydantic import Field

from acuse.settings import (
    DatabaseSettings,
    MonitoringSettings,
    ObjectStoreSettings,
    ProgramSettings,
    TenantSettings,
)


class ApiSettings(
    ProgramSettings, DatabaseSettings, MonitoringSettings, TenantSettings, ObjectStoreSettings
):
    """Where the API listens, and how much it does at once."""

    api_host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    api_port: int = Field(
        default=8090,
        ge=0,
        le=65535,
        description="Port of the API; 0 takes a free one and logs it.",
    )
    api_connections: int = Field(
        default=8, ge=1, le=200, description="Database connections of the API."
    )
    api_stop_timeout: float = Field(
        default=20.0, gt=0, description="Seconds to finish what is in flight when asked to stop."
    )
