"""Names of what only the region role makes; those that all programs know are acuse.resources'."""

from __future__ import annotations

from typing import Final

# On a worker's pods: when what they were started with changes, they are replaced.
CONFIG_HASH: Final = "acuse.dev/config-hash"

# One per region, in the tenants' namespace.
REGION_SECRET: Final = "acuse-region"  # noqa: S105 - a Secret's name
DATABASE_KEY: Final = "databaseURL"
DEFAULT_DENY: Final = "acuse-default-deny"

MONITORING_PORT: Final = 9090
