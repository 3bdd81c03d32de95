"""Ask an API server in the tests' own words and keep its whole answer."""

from __future__ import annotations

import json
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from acuse_lab.regions.control_plane import ControlPlane

_PLURALS = {
    "Tenant": "tenants",
    "Region": "regions",
    "TenantPlacement": "tenantplacements",
    "CustomResourceDefinition": "customresourcedefinitions",
    "Secret": "secrets",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server said."""

    status: int
    body: dict[str, Any]

    @property
    def causes(self) -> dict[str, str]:
        """Return what is wrong by field, of a refusal that says so; else the whole message."""
        causes = self.body.get("details", {}).get("causes")
        if not causes:
            return {"": str(self.body.get("message", ""))}
        return {str(c.get("field", "")): str(c.get("message", "")) for c in causes}


@dataclass(frozen=True, slots=True)
class KubeRequests:
    """Create and change objects as the administrator; unknown fields are refused."""

    http: httpx.Client

    def create(self, manifest: dict[str, Any], *, dry_run: bool = False) -> Answer:
        """Create the object, or only ask what would become of it."""
        return self._send("POST", _collection(manifest), manifest, dry_run=dry_run)

    def apply(self, manifest: dict[str, Any], *, manager: str, status: bool = False) -> Answer:
        """Apply the object, or its status, in the name of a field manager."""
        return self._send(
            "PATCH",
            f"{_object(manifest)}{'/status' if status else ''}",
            manifest,
            params={"fieldManager": manager, "force": "true"},
            content_type="application/apply-patch+yaml",
        )

    def merge(self, manifest: dict[str, Any], patch: dict[str, Any]) -> Answer:
        """Patch the object that the manifest names; nothing is kept."""
        kind = "application/merge-patch+json"
        return self._send("PATCH", _object(manifest), patch, dry_run=True, content_type=kind)

    def read(self, manifest: dict[str, Any]) -> Answer:
        """Return the object that the manifest names."""
        answer = self.http.get(_object(manifest))
        return Answer(answer.status_code, answer.json())

    def remove(self, manifest: dict[str, Any]) -> None:
        """Delete the object that the manifest names."""
        self.http.delete(_object(manifest))

    def _send(
        self,
        method: str,
        path: str,
        body: dict[str, Any],
        *,
        params: dict[str, str] | None = None,
        dry_run: bool = False,
        content_type: str = "application/json",
    ) -> Answer:
        asked = {"fieldValidation": "Strict"} | (params or {})
        answer = self.http.request(
            method,
            path,
            content=json.dumps(body),
            params=asked | ({"dryRun": "All"} if dry_run else {}),
            headers={"Content-Type": content_type},
        )
        return Answer(answer.status_code, answer.json())


def _collection(manifest: dict[str, Any]) -> str:
    group = manifest["apiVersion"]
    root = f"/apis/{group}" if "/" in group else f"/api/{group}"
    namespace = manifest["metadata"].get("namespace")
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{within}/{_PLURALS[manifest['kind']]}"


def _object(manifest: dict[str, Any]) -> str:
    return f"{_collection(manifest)}/{manifest['metadata']['name']}"


@contextmanager
def kube_requests(plane: ControlPlane) -> Generator[KubeRequests, None, None]:
    """Yield a way to ask this control plane's API server."""
    trusted = ssl.create_default_context(cafile=str(plane.ca_file))
    trusted.load_cert_chain(plane.place.pki / "admin.crt", plane.place.pki / "admin.key")
    with httpx.Client(base_url=plane.url, verify=trusted, trust_env=False, timeout=30.0) as client:
        yield KubeRequests(client)
