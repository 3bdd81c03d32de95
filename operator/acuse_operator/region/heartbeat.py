"""The region's sign of life: a Lease that whoever looks from outside sees renewed.

It says that this operator runs and that its API server takes writes, and nothing of the tenants:
a task of its own renews it, however long their turn takes.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Final

import structlog

from acuse.errors import AcuseError
from acuse.resources.names import HEARTBEAT, REGION_MANAGER, labels
from acuse_cluster.client import Api
from acuse_cluster.kinds import LEASES, Manifest

log = structlog.get_logger()

_EVERY: Final = 10.0
# Of a Lease that was not renewed for so long it is known that nobody is there.
_LASTS: Final = 40


def heartbeat(*, region: str, namespace: str) -> Manifest:
    """Return the Lease as it is renewed now."""
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {"name": HEARTBEAT, "namespace": namespace, "labels": labels("region")},
        "spec": {
            "holderIdentity": region,
            "leaseDurationSeconds": _LASTS,
            "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
    }


class Heartbeat:
    """Renews the Lease `acuse-region` in the tenants' namespace."""

    def __init__(self, api: Api, *, region: str, namespace: str, every: float = _EVERY) -> None:
        self._api = api
        self._region = region
        self._namespace = namespace
        self._every = every
        self._said: str | None = None

    async def run(self) -> None:
        """Renew every ten seconds until cancelled; one that fails is not made up for."""
        while True:
            began = time.monotonic()
            try:
                async with asyncio.timeout(self._every):
                    lease = heartbeat(region=self._region, namespace=self._namespace)
                    await self._api.apply(lease, manager=REGION_MANAGER)
            except (AcuseError, TimeoutError) as exc:
                self._tell(exc.code if isinstance(exc, AcuseError) else "no_answer")
            else:
                self._tell(None)
            await asyncio.sleep(max(0.0, began + self._every - time.monotonic()))

    def _tell(self, code: str | None) -> None:
        """Say once that it stopped, and once that it goes on."""
        if code == self._said:
            return
        if code is not None:
            log.warning("heartbeat_failed", code=code)
        else:
            log.info("heartbeat_again")
        self._said = code
