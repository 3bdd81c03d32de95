"""Placements and sealed Secrets in a namespace of a real API server, as the hub would put them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from acuse.resources.names import sealed_name
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import NAMESPACES, PLACEMENTS, SECRETS, Manifest, Ref
from acuse_lab.regions.control_plane import ControlPlane

REGION = "ar-1"


def secret(name: str, namespace: str, values: Mapping[str, str], *, kind: str) -> Manifest:
    """Return a Secret that holds these values."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": kind,
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def credentials(*phones: str, tenant: str, **more: str) -> dict[str, str]:
    """Return what a sealed Secret holds for these numbers; `more` is the same for each.

    What is empty in `more` is left out.
    """
    each = {
        "appSecret": f"secret-{tenant}",
        "verifyToken": f"verify-{tenant}",
        "accessToken": "token",
        **more,
    }
    return {f"{phone}.{key}": value for phone in phones for key, value in each.items() if value}


def placement(key: str, namespace: str, *phones: str, **spec: Any) -> Manifest:
    """Return a placement of a tenant with these numbers, each of account `9PHONE`."""
    where, _, name = key.partition(".")
    bundle = {
        "displayName": name.title(),
        "numbers": [{"phoneNumberId": phone, "wabaId": f"9{phone}"} for phone in phones],
        "locale": "es-AR",
        "currency": "ARS",
        "workers": {"mode": spec.pop("mode", "Shared"), **spec.pop("workers", {})},
    }
    return {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "TenantPlacement",
        "metadata": {"name": key, "namespace": namespace},
        "spec": {
            "tenant": {"namespace": where, "name": name, "uid": "0c8e"},
            "region": REGION,
            "role": "Home",
            "generation": 1,
            "epoch": 1,
            "hash": "0123456789abcdef",
            "secretHash": "fedcba9876543210",
            "bundle": bundle,
            **spec,
        },
    }


@dataclass(frozen=True, slots=True)
class ClusterTenants:
    """One namespace, and how to change what is in it."""

    api: Api
    plane: ControlPlane
    namespace: str = field(default_factory=lambda: f"t-{secrets.token_hex(4)}")

    async def put(self, key: str, *phones: str, **spec: Any) -> None:
        """Place a tenant, its credentials first; its app secret is `secret-NAME`."""
        await self.seal(key, *phones)
        await self.place(key, *phones, **spec)

    async def place(self, key: str, *phones: str, **spec: Any) -> None:
        """Write the placement alone."""
        await self.api.apply(placement(key, self.namespace, *phones, **spec), manager="acuse-hub")

    async def seal(self, key: str, *phones: str, **values: str) -> None:
        """Write the credentials alone."""
        held = credentials(*phones, tenant=key.partition(".")[2], **values)
        made = secret(sealed_name(key), self.namespace, held, kind="acuse.dev/sealed")
        await self.api.apply(made, manager="acuse-hub")

    async def put_app(self, name: str, **values: str) -> None:
        """Write the shared app's Secret."""
        await self.api.apply(
            secret(name, self.namespace, values, kind="Opaque"), manager="somebody"
        )

    async def remove(self, key: str) -> None:
        """Delete the placement."""
        await self.api.delete(Ref(PLACEMENTS, key, self.namespace))

    async def unseal(self, key: str) -> None:
        """Delete the credentials."""
        await self.api.delete(Ref(SECRETS, sealed_name(key), self.namespace))


@asynccontextmanager
async def cluster_tenants(plane: ControlPlane) -> AsyncGenerator[ClusterTenants, None]:
    """Yield a namespace of its own on the control plane."""
    async with Api(await load_access(kubeconfig=str(plane.kubeconfig()))) as api:
        tenants = ClusterTenants(api, plane)
        await api.create(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": tenants.namespace}}
        )
        yield tenants
        if plane.is_ready():
            await api.delete(Ref(NAMESPACES, tenants.namespace))


def kubeconfig_through(plane: ControlPlane, port: int, folder: Path, *, user: str = "admin") -> str:
    """Return a user's kubeconfig whose server is another port of loopback."""
    document = yaml.safe_load(plane.kubeconfig(user).read_text())
    document["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    path = folder / f"through-{port}.kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return str(path)
