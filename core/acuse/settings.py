"""Settings: one typed object per program, read from the environment, each field documented.

docs/reference/settings.md lists them all, and a test compares that list with these classes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from acuse.errors import InvalidSettings

S = TypeVar("S", bound=BaseSettings)

# A comma-separated list in the environment: "a,b". NoDecode keeps pydantic from expecting JSON.
Commas = Annotated[tuple[str, ...], NoDecode]


def split_commas(value: object) -> object:
    """Turn "a, b" into ("a", "b"); leave anything else to the field's own type."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


class ProgramSettings(BaseSettings):
    """What every program of Acuse needs to know."""

    model_config = SettingsConfigDict(env_prefix="ACUSE_", frozen=True, extra="ignore")

    region: str = Field(
        default="local",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Name of the region this program runs in; part of every fact's key.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log level that is written."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="One JSON object per line, or lines for a person."
    )


class DatabaseSettings(BaseSettings):
    """How to reach PostgreSQL."""

    model_config = SettingsConfigDict(
        env_prefix="ACUSE_", frozen=True, extra="ignore", populate_by_name=True
    )

    database_url: str = Field(
        default="",
        validation_alias=AliasChoices("ACUSE_DATABASE_URL", "DATABASE_URL"),
        description="PostgreSQL connection URL of the runtime login (`acuse db login` makes one)."
        " `DATABASE_URL` is read when `ACUSE_DATABASE_URL` is not set.",
    )


class MonitoringSettings(BaseSettings):
    """Where a program shows its metrics and health."""

    model_config = SettingsConfigDict(env_prefix="ACUSE_", frozen=True, extra="ignore")

    monitoring_host: str = Field(
        default="127.0.0.1", description="Address that /metrics, /livez and /readyz listen on."
    )
    monitoring_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="Port of /metrics, /livez and /readyz; 0 takes a free one and logs it.",
    )


class TenantSettings(BaseSettings):
    """Where a program learns of its tenants."""

    model_config = SettingsConfigDict(env_prefix="ACUSE_", frozen=True, extra="ignore")

    tenants_source: Literal["folder", "cluster"] = Field(
        default="folder",
        description="`folder`: the manifests of `ACUSE_TENANTS_DIR`. `cluster`: the"
        " TenantPlacements of `ACUSE_TENANTS_NAMESPACE`, watched through the Kubernetes API with"
        " the pod's own account, else as KUBECONFIG says.",
    )
    tenants_dir: Path = Field(
        default=Path("tenants"),
        description="Folder of Tenant manifests (*.yaml) and secret files"
        " (secrets/NAMESPACE/NAME/KEY); changes are taken up without a restart.",
    )
    tenants_namespace: str = Field(
        default="acuse-tenants",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Namespace of the region's TenantPlacements and their sealed Secrets.",
    )
    tenants_cache: Path | None = Field(
        default=None,
        description="File that keeps the tenants of the cluster as they last were, credentials"
        " included, for a start while the API server is away; it belongs in memory. Unset: none.",
    )
    app_secret_ref: str = Field(
        default="",
        description="NAMESPACE/NAME of the secret with the Meta app's own `appSecret` and"
        " `verifyToken`, for the app-wide webhook route; empty turns that route off. With"
        " tenants of a cluster, NAMESPACE is `ACUSE_TENANTS_NAMESPACE`.",
    )


class GraphSettings(BaseSettings):
    """How to reach Meta's Graph API."""

    model_config = SettingsConfigDict(env_prefix="ACUSE_", frozen=True, extra="ignore")

    graph_url: str = Field(
        default="https://graph.facebook.com",
        description="Root of the Graph API; the version comes from the tenant.",
    )
    media_hosts: Commas = Field(
        default=("*.fbcdn.net", "*.fbsbx.com"),
        description="Comma-separated hosts that media may be fetched from, over https; `*.` stands"
        " for any subdomain. An entry like http://127.0.0.1:8080 allows that origin exactly.",
    )
    graph_timeout: float = Field(
        default=20.0, gt=0, description="Seconds to wait for an answer of the Graph API."
    )

    @field_validator("media_hosts", mode="before")
    @classmethod
    def split_hosts(cls, value: object) -> object:
        """Take "a,b" as two hosts."""
        return split_commas(value)


class MediaSettings(BaseSettings):
    """How much of a media is taken, and for how long it may take."""

    model_config = SettingsConfigDict(env_prefix="ACUSE_", frozen=True, extra="ignore")

    media_max_bytes: int = Field(
        default=100 * 1024 * 1024,
        gt=0,
        description="Largest media that is fetched, in bytes; Meta's own limit for the kind holds"
        " where it is lower.",
    )
    media_timeout: float = Field(
        default=300.0, gt=0, description="Seconds that fetching one media may take in all."
    )
    media_stall_timeout: float = Field(
        default=20.0, gt=0, description="Seconds to wait for the next bytes of a media."
    )


class ObjectStoreSettings(BaseSettings):
    """Where media are kept."""

    model_config = SettingsConfigDict(env_prefix="ACUSE_", frozen=True, extra="ignore")

    object_store: str = Field(
        default="file:./media",
        description="URL of the object store: file:PATH, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or"
        " az://CONTAINER/PREFIX. Credentials are found as each provider's own SDK does.",
    )


def load(kind: type[S]) -> S:
    """Read the program's settings from the environment; raise InvalidSettings naming each fault.

    Values are left out of the message: one of them may be a secret.
    """
    try:
        return kind()
    except ValidationError as exc:
        faults = "; ".join(
            f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}"
            for e in exc.errors(include_input=False, include_url=False)
        )
        raise InvalidSettings(faults) from exc


def cache_dir() -> Path:
    """Return the folder outside the checkout where slow things are kept (XDG, ~/.cache/acuse)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "acuse"
