"""The objects of sample tenants, one file per kind; `python -m support.golden_objects` writes them.

Read the difference before you commit it: this is what a cluster is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from acuse_cluster.kinds import Manifest
from acuse_operator.desired.network import default_deny
from acuse_operator.desired.objects import desired
from acuse_operator.desired.region_secret import described, region_secret
from acuse_operator.desired.views import Capabilities, RegionView
from acuse_operator.desired.worker_secret import worker_files
from support.placements import (
    GATEWAY,
    KEDA,
    PLAIN,
    SETTINGS,
    placement,
    region_view,
    sealed_data,
)

FOLDER: Final = Path(__file__).parents[1] / "unit" / "operator" / "desired" / "golden"


def objects(
    cluster: Capabilities = GATEWAY, region: RegionView | None = None, **changes: object
) -> tuple[Manifest, ...]:
    """Return what the sample tenant should have."""
    wanted = placement(**changes)
    files = worker_files(wanted, sealed_data())
    return desired(wanted, region or region_view(), cluster, SETTINGS, files=files)


def golden() -> Iterator[tuple[str, Manifest]]:
    """Yield each golden file's name and the object in it."""
    for manifest in objects():
        yield manifest["kind"].lower(), manifest
    for manifest in objects(KEDA, workers={"min": 0, "max": 10}):
        if manifest["apiVersion"].startswith("keda.sh/"):
            yield manifest["kind"].lower(), manifest
    [ingress] = objects(
        PLAIN, region_view(gateway=None, ingressClassName="nginx"), workers={"mode": "Shared"}
    )
    yield "ingress", ingress
    [stopped] = [m for m in objects(suspend=True) if m["kind"] == "Deployment"]
    yield "deployment-suspended", stopped
    yield "networkpolicy-namespace", default_deny(SETTINGS)
    secret = region_secret(
        SETTINGS,
        database_url="postgresql://acuse:pw@db.example:5432/acuse?sslmode=require",
        variables={"AWS_ACCESS_KEY_ID": b"id"},
    )
    assert described(secret).variables == ("AWS_ACCESS_KEY_ID",)
    yield "secret-region", secret


def text(manifest: Manifest) -> str:
    """Return an object as its golden file has it."""
    # What two fields share is written twice, as a reader expects it.
    plain: Manifest = json.loads(json.dumps(manifest))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)


def write() -> None:
    """Write all golden files."""
    for name, manifest in golden():
        (FOLDER / f"{name}.yaml").write_text(text(manifest), encoding="utf-8")


if __name__ == "__main__":
    write()
