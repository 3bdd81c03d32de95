"""What the intake needs to know."""

from __future__ import annotations

from pydantic import Field

from acuse.settings import DatabaseSettings, MonitoringSettings, ProgramSettings, TenantSettings


class IntakeSettings(ProgramSettings, DatabaseSettings, MonitoringSettings, TenantSettings):
    """Where the intake listens, and how much it takes on before it asks Meta to come again."""

    intake_host: str = Field(default="127.0.0.1", description="Address that webhooks come to.")
    intake_port: int = Field(
        default=8080,
        ge=0,
        le=65535,
        description="Port that webhooks come to; 0 takes a free one and logs it.",
    )
    intake_max_connections: int = Field(
        default=1024, ge=1, description="Open connections; one more is closed at once."
    )
    intake_head_timeout: float = Field(
        default=10.0, gt=0, description="Seconds for a request's line and headers to arrive."
    )
    intake_body_timeout: float = Field(
        default=10.0,
        gt=0,
        description="Seconds for a request's body to arrive, else 408; and for the rest of a body"
        " that was refused, else the connection is closed.",
    )
    intake_body_memory: int = Field(
        default=256 * 1024 * 1024,
        ge=4 * 1024 * 1024,
        description="Bytes of bodies being received at one time, all together; beyond it, 503.",
    )
    intake_flushers: int = Field(
        default=1,
        ge=1,
        le=32,
        description="Database connections that write events. One makes the largest groups; more"
        " help where a commit takes long, as with a synchronous standby.",
    )
    intake_flush_rows: int = Field(
        default=256,
        ge=1,
        description="Events of several requests that share a commit; one request's always do.",
    )
    intake_flush_timeout: float = Field(
        default=5.0,
        gt=0,
        description="Seconds that events wait for their turn, and then for their commit; else 503.",
    )
    intake_pending_rows: int = Field(
        default=20_000, ge=1000, description="Events waiting for a commit; beyond it, 503."
    )
    intake_pending_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=8 * 1024 * 1024,
        description="Bytes of events waiting for a commit; beyond it, 503.",
    )
    intake_drain: float = Field(
        default=0.0,
        ge=0,
        description="Seconds to go on taking webhooks when asked to stop, unready already and"
        " closing each connection with its answer: for as long as a cluster's routers may still"
        " send some.",
    )
    intake_stop_timeout: float = Field(
        default=20.0, gt=0, description="Seconds to finish what is in flight when asked to stop."
    )
