"""`kubectl acuse` at work on two real API servers: a hub that is a region, and a region elsewhere.

The operators' part is played by hand, with their own functions; so each test says what they did.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from acuse.errors import AcuseError, Unavailable
from acuse.resources.names import HUB_MANAGER, REGION_MANAGER, tenant_key
from acuse.resources.tenant_status import Role
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import (
    DEPLOYMENTS,
    PLACEMENTS,
    REGIONS,
    TENANTS,
    Manifest,
    Ref,
)
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.conditions import Condition, set_conditions
from acuse_operator.hub.compiling import Destination, compile_tenant
from acuse_operator.hub.sealing import Sealed, read_secret, seal
from acuse_operator.hub.tenant import read_tenant
from support.eventually import until
from support.plugin_run import ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN, Ran, run

NUMBER: Final = "106540352242922"
WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(slots=True)
class PluginWorld:
    """One hub with two regions, and namespaces of its own in both clusters."""

    plane: ControlPlane
    elsewhere: ControlPlane
    # As administrators.
    api: Api
    far_api: Api
    name: str

    @property
    def shops(self) -> str:
        """Return the namespace of the Tenants."""
        return f"{self.name}-shops"

    @property
    def tenants(self) -> str:
        """Return the namespace of the placements, in both clusters."""
        return f"{self.name}-tenants"

    @property
    def release(self) -> str:
        """Return the namespace of the operator."""
        return f"{self.name}-system"

    @property
    def near(self) -> str:
        """Return the name of the hub's own region."""
        return f"{self.name}-near"

    @property
    def far(self) -> str:
        """Return the name of the region elsewhere."""
        return f"{self.name}-far"

    def key(self, tenant: str = "acme") -> str:
        """Return a tenant's key."""
        return tenant_key(self.shops, tenant)

    async def run(self, *words: str, user: str = "admin", stdin: str | None = None) -> Ran:
        """Run `kubectl acuse` as a user of the hub's cluster."""
        flags = ("-n", self.shops, "--release-namespace", self.release)
        return await run(self.plane.kubeconfig(user), *flags, *words, stdin=stdin)

    # --- a platform engineer's part ---------------------------------------------------------------

    def tenant(self, tenant: str = "acme", **spec: Any) -> Manifest:
        """Return a Tenant."""
        number = {
            "phoneNumberId": NUMBER,
            "wabaId": "419561257915477",
            "secretRef": {"name": "whatsapp"},
        }
        return {
            "apiVersion": "acuse.dev/v1alpha1",
            "kind": "Tenant",
            "metadata": {"name": tenant, "namespace": self.shops},
            "spec": {
                "displayName": "Acme SA",
                "whatsapp": {"numbers": [number]},
                "placement": {"home": self.near},
                **spec,
            },
        }

    async def apply(self, tenant: str = "acme", **spec: Any) -> Manifest:
        """Apply a Tenant as kubectl does."""
        return await self.api.apply(self.tenant(tenant, **spec), manager="kubectl")

    def secret(self, **values: str) -> Manifest:
        """Return the Secret that the Tenants name."""
        said = {
            "appSecret": APP_SECRET,
            "verifyToken": VERIFY_TOKEN,
            "accessToken": ACCESS_TOKEN,
            **values,
        }
        data = {k: base64.b64encode(v.encode()).decode() for k, v in said.items()}
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "whatsapp", "namespace": self.shops},
            "data": data,
        }

    async def viewer(self, name: str, *, namespaces: bool = True) -> str:
        """Make a user that may read all but Secrets, or nothing but Tenants of one namespace."""
        user = f"{name}-{self.name}"
        rules = [
            {
                "apiGroups": ["acuse.dev"],
                "resources": ["tenants", "tenantplacements", "regions"],
                "verbs": ["get", "list", "watch"],
            }
        ]
        kind = "ClusterRole" if namespaces else "Role"
        where = {} if namespaces else {"namespace": self.shops}
        roles = [kind, *(["ClusterRole"] if namespaces else [])]
        names = [user, *(["view"] if namespaces else [])]
        items: list[Manifest] = [
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": kind,
                "metadata": {"name": user, **where},
                "rules": rules,
            }
        ]
        for number, (role, called) in enumerate(zip(roles, names, strict=True)):
            items.append(
                {
                    "apiVersion": "rbac.authorization.k8s.io/v1",
                    "kind": f"{kind}Binding",
                    "metadata": {"name": f"{user}-{number}", **where},
                    "roleRef": {
                        "apiGroup": "rbac.authorization.k8s.io",
                        "kind": role,
                        "name": called,
                    },
                    "subjects": [
                        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
                    ],
                }
            )
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        await asyncio.to_thread(
            self.plane.kubectl, "apply", "--server-side", "-f", "-", stdin=listed
        )
        asked = ("auth", "can-i", "get", "tenants.acuse.dev", "-n", self.shops)

        def may() -> bool:
            """Tell whether the rights are there."""
            with suppress(Unavailable):
                return self.plane.kubectl(*asked, user=user).strip() == "yes"
            return False

        await until(may)
        return user

    # --- the operators' part ----------------------------------------------------------------------

    async def hand_over(
        self, region: str, tenant: str = "acme", *, role: Role = "Home", epoch: int = 1
    ) -> Manifest:
        """Give a region what the hub gives it; return the placement."""
        live = await self.api.get(Ref(TENANTS, tenant, self.shops))
        assert live is not None
        view = read_tenant(live)
        assert view.spec is not None
        said = read_secret(self.secret(), name="whatsapp", is_app_shared=False)
        sealed = seal(
            {NUMBER: said}, before=Sealed(), now=datetime.now(UTC), overlap=timedelta(days=1)
        )
        to = Destination(region, role, self.tenants, epoch)
        compiled = compile_tenant(view, view.spec, sealed, to=to)
        assert compiled is not None
        api = self.far_api if region == self.far else self.api
        await api.apply(compiled.sealed, manager=HUB_MANAGER)
        return await api.apply(compiled.placement, manager=HUB_MANAGER)

    async def say(
        self, tenant: str = "acme", *, regions: Mapping[str, str], **conditions: tuple[str, str]
    ) -> None:
        """Write a Tenant's status: phases by region, and conditions as (status, reason)."""
        live = await self.api.get(Ref(TENANTS, tenant, self.shops))
        assert live is not None
        generation: int = live["metadata"]["generation"]
        status = {
            "observedGeneration": generation,
            "conditions": _conditions(conditions, generation),
            "regions": [
                {
                    "name": name,
                    "role": "Standby" if place else "Home",
                    "phase": phase,
                    "since": "2026-11-22T00:00:00Z",
                    "message": f"It is {phase}.",
                }
                for place, (name, phase) in enumerate(regions.items())
            ],
            "webhookURL": f"https://near.example/webhooks/whatsapp/meta/cloud/{self.key(tenant)}",
            "numbers": [
                {
                    "phoneNumberId": NUMBER,
                    "credentials": "Valid",
                    "overrideURL": "https://elsewhere.example/",
                }
            ],
        }
        await self.api.apply(
            _status("Tenant", tenant, self.shops, status),
            manager=HUB_MANAGER,
            subresource="status",
        )

    async def answer(self, region: str, **conditions: tuple[str, str]) -> None:
        """Write a placement's status as its region does."""
        api = self.far_api if region == self.far else self.api
        live = await api.get(Ref(PLACEMENTS, self.key(), self.tenants))
        assert live is not None
        generation: int = live["metadata"]["generation"]
        status = {
            "observedGeneration": generation,
            "observedHash": live["spec"]["hash"],
            "conditions": _conditions(conditions, generation),
        }
        await api.apply(
            _status("TenantPlacement", self.key(), self.tenants, status),
            manager=REGION_MANAGER,
            subresource="status",
        )

    def writes(self) -> list[str]:
        """Return what commands wrote of this world in both clusters, dry runs left out."""
        events = [*self.plane.audit_events(), *self.elsewhere.audit_events()]
        return [
            event["requestURI"]
            for event in events
            if event["userAgent"] == "kubectl-acuse"
            and self.name in event["requestURI"]
            and event["verb"] in WRITES
            and "dryRun=All" not in event["requestURI"]
        ]


def _conditions(said: Mapping[str, tuple[str, str]], generation: int) -> list[dict[str, Any]]:
    new = [
        Condition(kind, status, reason, f"{kind} says {reason}.")  # type: ignore[arg-type]
        for kind, (status, reason) in said.items()
    ]
    conditions: list[dict[str, Any]] = []
    for condition in new:
        conditions = set_conditions(
            conditions, [condition], generation=generation, now=datetime.now(UTC)
        )
    return conditions


def _status(kind: str, name: str, namespace: str, status: Mapping[str, Any]) -> Manifest:
    return {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "status": dict(status),
    }


def operator_deployment(namespace: str, env: Mapping[str, str]) -> Manifest:
    """Return the operator's Deployment with these settings; nothing runs in it."""
    selector = {"app.kubernetes.io/component": "operator"}
    container = {
        "name": "operator",
        "image": "registry.example/acuse-operator:1.0.0",
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }
    return {
        "apiVersion": DEPLOYMENTS.api_version,
        "kind": DEPLOYMENTS.kind,
        "metadata": {"name": "acuse-operator", "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": selector}, "spec": {"containers": [container]}},
        },
    }


def _region(name: str, **spec: Any) -> Manifest:
    return {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "Region",
        "metadata": {"name": name},
        "spec": {"jurisdiction": "AR", "intakeURL": f"https://{name}.example", **spec},
    }


@asynccontextmanager
async def plugin_world(
    plane: ControlPlane, elsewhere: ControlPlane
) -> AsyncGenerator[PluginWorld, None]:
    """Make namespaces, Regions, the operator's Deployment and the Secrets; take Regions away."""
    access = await load_access(kubeconfig=str(plane.kubeconfig()))
    far_access = await load_access(kubeconfig=str(elsewhere.kubeconfig()))
    async with Api(access) as api, Api(far_access) as far_api:
        world = PluginWorld(plane, elsewhere, api, far_api, f"p{secrets.token_hex(3)}")
        try:
            await _prepare(world)
            yield world
        finally:
            for tenant in (await api.list(TENANTS, namespace=world.shops)).items:
                await api.delete(Ref(TENANTS, tenant["metadata"]["name"], world.shops))
            for name in (world.near, world.far):
                with suppress(AcuseError):
                    await api.delete(Ref(REGIONS, name))


async def _prepare(world: PluginWorld) -> None:
    for api, names in (
        (world.api, (world.shops, world.tenants, world.release)),
        (world.far_api, (world.tenants, world.release)),
    ):
        for name in names:
            await api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    settings = {
        "ACUSE_REGION": world.near,
        "ACUSE_RELEASE_NAMESPACE": world.release,
        "ACUSE_TENANTS_NAMESPACE": world.tenants,
        "ACUSE_WORKER_IMAGE": "registry.example/acuse-workers:1.0.0",
    }
    await world.api.create(operator_deployment(world.release, settings))
    kubeconfig = world.elsewhere.kubeconfig().read_bytes()
    await world.api.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "far", "namespace": world.release},
            "data": {"kubeconfig": base64.b64encode(kubeconfig).decode()},
        }
    )
    await world.api.apply(world.secret(), manager="kubectl")
    await world.api.apply(_region(world.near), manager="kubectl")
    ref = {"namespace": world.release, "name": "far"}
    access = {"type": "Kubeconfig", "kubeconfigSecretRef": ref}
    far = _region(world.far, jurisdiction="UY", access=access)
    await world.api.apply(far, manager="kubectl")
