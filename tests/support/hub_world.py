"""The operator's hub role at work on a real API server, with the fake of Meta and an intake.

The region's part is played by hand, so that each test says what the region answers.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from acuse.meta.graph import open_http
from acuse.meta.management import GraphManagement
from acuse.monitoring import Health
from acuse.resources.names import sealed_name, webhook_path
from acuse.settings import GraphSettings
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import (
    EVENTS,
    NAMESPACES,
    PLACEMENTS,
    REGIONS,
    SECRETS,
    TENANTS,
    Manifest,
    Ref,
)
from acuse_lab.graph.contract import NumberSpec
from acuse_lab.graph.server import RunningGraph, running_graph
from acuse_lab.regions.control_plane import ControlPlane
from acuse_operator.conditions import Condition, conditions_of, find, set_conditions
from acuse_operator.floor import Mandate
from acuse_operator.hub.budget import Budgets, Limits
from acuse_operator.hub.hub import Outside
from acuse_operator.hub.verification import open_verifier
from acuse_operator.program import Running, running
from acuse_operator.settings import OperatorSettings
from support.eventually import until
from support.operator_rights import grant
from support.webhook_receiver import Receiver, receiving

AMPLE: Final = Limits(capacity=10_000, per_second=1000, at_start=10_000, reserve=10)
WRITES: Final = frozenset({"create", "update", "patch", "delete", "deletecollection"})
APP_SECRET: Final = "acme-app-secret-canary"
VERIFY_TOKEN: Final = "verify-me"
SECRET: Final = "whatsapp"


def encoded(values: Mapping[str, str]) -> dict[str, str]:
    """Return a Secret's data of these values."""
    return {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}


@dataclass(slots=True)
class HubWorld:
    """One hub with one region, three namespaces of its own, on a shared API server."""

    plane: ControlPlane
    # As the administrator; the operator has its own account, with its own rights only.
    api: Api
    graph: RunningGraph
    intake: Receiver
    settings: OperatorSettings
    name: str
    number: NumberSpec
    token: str
    # Of the operator that ran last.
    epoch: int = 0

    @property
    def namespace(self) -> str:
        """Return the namespace of the Tenants."""
        return f"{self.name}-shops"

    @property
    def region(self) -> str:
        """Return the region's name."""
        return self.settings.region

    def key(self, tenant: str = "acme") -> str:
        """Return a tenant's key."""
        return f"{self.namespace}.{tenant}"

    @property
    def user(self) -> str:
        """Return the account that the operator has."""
        return f"operator-{self.name}"

    def url(self, tenant: str = "acme") -> str:
        """Return the address that Meta is to be given."""
        return f"{self.intake_url}{webhook_path(self.key(tenant))}"

    @property
    def intake_url(self) -> str:
        """Return the intake's root."""
        return self.intake.url.removesuffix("/webhook")

    # --- the operator -----------------------------------------------------------------------------

    @asynccontextmanager
    async def running(
        self, *, limits: Limits = AMPLE, epoch: int | None = None, **changes: Any
    ) -> AsyncGenerator[Running, None]:
        """Run the operator while the block runs, as the leader of an epoch: of the next one."""
        settings = self.settings.model_copy(update=changes)
        self.epoch = self.epoch + 1 if epoch is None else epoch
        mandate = Mandate(self.epoch, f"acuse-operator-{secrets.token_hex(3)}")
        async with AsyncExitStack() as stack:
            graph = GraphSettings(graph_url=self.graph.url, graph_timeout=5.0)
            outside = Outside(
                GraphManagement(await stack.enter_async_context(open_http(graph)), graph),
                await stack.enter_async_context(open_verifier("")),
                Budgets(limits),
            )
            operator = running(settings, Health(), outside=outside, mandate=mandate)
            yield await stack.enter_async_context(operator)

    @asynccontextmanager
    async def served(self, **spec: Any) -> AsyncGenerator[Running, None]:
        """Run the operator while the block runs, with one Tenant that is Ready."""
        await self.put_secret()
        await self.apply(**spec)
        async with self.running() as operator:
            await self.serving()
            yield operator

    # --- a user's part ----------------------------------------------------------------------------

    def tenant(self, tenant: str = "acme", **spec: Any) -> Manifest:
        """Return a Tenant."""
        return {
            "apiVersion": "acuse.dev/v1alpha1",
            "kind": "Tenant",
            "metadata": {"name": tenant, "namespace": self.namespace},
            "spec": {
                "displayName": "Acme SA",
                "whatsapp": {"numbers": [listed(self.number)]},
                "placement": {"home": self.region},
                **spec,
            },
        }

    async def apply(self, tenant: str = "acme", **spec: Any) -> None:
        """Apply a Tenant as kubectl does."""
        await self.api.apply(self.tenant(tenant, **spec), manager="kubectl")

    async def apply_other(self, tenant: str) -> None:
        """Apply a Tenant with another number of the same account, and the same Secret."""
        number = numbered(self.token, waba_id=self.number.waba_id)
        await self.graph.lab.register(number)
        await self.apply(tenant, whatsapp={"numbers": [listed(number)]})

    async def put_secret(self, **values: str) -> None:
        """Write the Secret that the Tenant names; what is empty is left out."""
        said = {
            "appSecret": APP_SECRET,
            "verifyToken": VERIFY_TOKEN,
            "accessToken": self.token,
            **values,
        }
        await self.api.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": SECRET, "namespace": self.namespace},
                "data": encoded({key: value for key, value in said.items() if value}),
            },
            manager="kubectl",
        )

    async def put_region(self, **spec: Any) -> None:
        """Write the Region."""
        await self.api.apply(
            {
                "apiVersion": "acuse.dev/v1alpha1",
                "kind": "Region",
                "metadata": {"name": self.region},
                "spec": {"jurisdiction": "AR", "intakeURL": self.intake_url, **spec},
            },
            manager="kubectl",
        )

    async def delete(self, tenant: str = "acme") -> None:
        """Delete a Tenant as kubectl does, without waiting for its end."""
        await self.api.delete(Ref(TENANTS, tenant, self.namespace))

    # --- the region's part ------------------------------------------------------------------------

    async def answer(self, tenant: str = "acme", **said: tuple[str, str]) -> None:
        """Say of a placement what the region says: that it serves, but for what is given."""
        placement = await self.placement(tenant)
        assert placement is not None
        good = {"Ready": ("True", "Serving"), "RouteReady": ("True", "RouteAccepted")}
        conditions = [
            Condition(kind, status, reason, f"{kind} is {status}.")  # type: ignore[arg-type]
            for kind, (status, reason) in {**good, **said}.items()
        ]
        generation: int = placement["metadata"]["generation"]
        status = {
            "observedGeneration": generation,
            "observedHash": placement["spec"]["hash"],
            "conditions": set_conditions(
                conditions_of(placement), conditions, generation=generation, now=datetime.now(UTC)
            ),
        }
        await self.api.apply(
            {
                "apiVersion": "acuse.dev/v1alpha1",
                "kind": "TenantPlacement",
                "metadata": {
                    "name": self.key(tenant),
                    "namespace": self.settings.tenants_namespace,
                },
                "status": status,
            },
            manager="acuse-region",
            subresource="status",
        )

    async def serving(self, tenant: str = "acme") -> None:
        """Have a tenant taken up by its region and its webhook registered."""
        await self.until_placed(tenant)
        await self.answer(tenant)
        await self.until_condition("Ready", "True", tenant=tenant)

    async def take_an_edit(self, name: str = "Acme SRL") -> None:
        """Have an edit of the Tenant handed over and taken up by its region."""
        await self.apply(displayName=name)
        await self.until_condition("RegionsSynced", "False", "Applying")
        await self.answer()
        await self.until_condition("Ready", "True")

    # --- looking ----------------------------------------------------------------------------------

    async def live(self, tenant: str = "acme") -> Manifest | None:
        """Return the Tenant."""
        return await self.api.get(Ref(TENANTS, tenant, self.namespace))

    async def placement(self, tenant: str = "acme") -> Manifest | None:
        """Return the tenant's placement."""
        return await self.api.get(
            Ref(PLACEMENTS, self.key(tenant), self.settings.tenants_namespace)
        )

    async def sealed(self, tenant: str = "acme") -> dict[str, str] | None:
        """Return the tenant's sealed Secret, decoded."""
        secret = await self.sealed_secret(tenant)
        if secret is None:
            return None
        return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}

    async def sealed_secret(self, tenant: str = "acme") -> Manifest | None:
        """Return the tenant's sealed Secret."""
        name = sealed_name(self.key(tenant))
        return await self.api.get(Ref(SECRETS, name, self.settings.tenants_namespace))

    async def condition(self, type_: str, tenant: str = "acme") -> dict[str, Any]:
        """Return one of the Tenant's conditions."""
        return find(conditions_of(await self.live(tenant)), type_) or {}

    async def until_condition(
        self, type_: str, status: str, reason: str | None = None, *, tenant: str = "acme"
    ) -> None:
        """Return once a condition says so; otherwise the error says what it said last."""
        found: dict[str, Any] = {}

        async def holds() -> bool:
            found.clear()
            found.update(await self.condition(type_, tenant))
            return found.get("status") == status and reason in {None, found.get("reason")}

        try:
            await until(holds)
        except TimeoutError:
            live = await self.live(tenant) or {}
            pytest.fail(f"{type_} is not {status} {reason}: {found}; {live.get('status')}")

    async def until_placed(self, tenant: str = "acme") -> None:
        """Return once the tenant's placement is there."""

        async def placed() -> bool:
            return await self.placement(tenant) is not None

        await until(placed)

    async def until_gone(self, tenant: str = "acme") -> None:
        """Return once the Tenant is gone."""

        async def gone() -> bool:
            return await self.live(tenant) is None

        await until(gone)

    async def until_namespace_gone(self) -> None:
        """Return once the Tenants' namespace is gone."""

        async def gone() -> bool:
            return await self.api.get(Ref(NAMESPACES, self.namespace)) is None

        await until(gone)

    async def override(self) -> str | None:
        """Return where Meta sends the number's webhooks by the number's own override."""
        found = await self.graph.lab.registration(self.number.phone_number_id)
        return found.override

    async def until_override(self, url: str | None) -> None:
        """Return once Meta sends the number's webhooks there."""

        async def holds() -> bool:
            return await self.override() == url

        await until(holds)

    async def events(self, tenant: str = "acme") -> list[tuple[str, str]]:
        """Return the type and reason of every event about the Tenant, in order."""
        listed = await self.api.list(EVENTS, namespace=self.namespace)
        about = [e for e in listed.items if e["regarding"]["name"] == tenant]
        return [(e["type"], e["reason"]) for e in sorted(about, key=_event_time)]

    async def until_event(self, reason: str, tenant: str = "acme") -> None:
        """Return once there is an event for this reason."""

        async def told() -> bool:
            return reason in [why for _, why in await self.events(tenant)]

        await until(told)

    def calls(self, chosen: Callable[[dict[str, Any]], bool] = lambda _: True) -> list[str]:
        """Return what the operator asked of the API server, by the server's own account."""
        found: list[str] = []
        for event in self.plane.audit_events():
            ref: dict[str, Any] = event.get("objectRef") or {}
            if event["user"]["username"] == self.user and ref and chosen(event):
                below = f"/{ref['subresource']}" if ref.get("subresource") else ""
                found.append(f"{event['verb']} {ref['resource']}{below} {ref.get('name', '')}")
        return found

    def writes(self) -> list[str]:
        """Return what the operator wrote, by the API server's own account."""
        return self.calls(lambda event: event["verb"] in WRITES)


def _event_time(event: Manifest) -> str:
    return str(event["eventTime"])


def numbered(token: str, *, waba_id: str) -> NumberSpec:
    """Return a number that nobody has yet."""
    return NumberSpec(
        phone_number_id=str(secrets.randbelow(10**15)),
        waba_id=waba_id,
        display_phone_number="+54 9 11 4444-0000",
        tokens=(token,),
        app_secret=APP_SECRET,
    )


def listed(number: NumberSpec) -> Manifest:
    """Return a number as a Tenant lists it."""
    return {
        "phoneNumberId": number.phone_number_id,
        "wabaId": number.waba_id,
        "secretRef": {"name": SECRET},
    }


@asynccontextmanager
async def hub_world(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> AsyncGenerator[HubWorld, None]:
    """Make the namespaces, the Region, the number at Meta and the account; take them away again."""
    name = f"h{secrets.token_hex(3)}"
    chosen: dict[str, Any] = {
        "region": name,
        "operator_role": "hub",
        "tenants_namespace": f"{name}-tenants",
        "release_namespace": f"{name}-system",
        "secret_poll": 0.5,
        "meta_look_every": 600.0,
        # Tests count writes: how many tenants a region has is written with these looks.
        "region_poll": 3600.0,
        **settings,
    }
    token = f"EAAG-token-canary-{name}"
    number = numbered(token, waba_id=str(secrets.randbelow(10**15)))
    access = await load_access(kubeconfig=str(plane.kubeconfig()))
    async with Api(access) as api, running_graph() as graph, receiving() as intake:
        intake.verify_token = VERIFY_TOKEN
        await graph.lab.register(number)
        made = HubWorld(
            plane,
            api,
            graph,
            intake,
            OperatorSettings(**chosen),
            name,
            number,
            token,
        )
        for namespace in (
            made.namespace,
            chosen["tenants_namespace"],
            chosen["release_namespace"],
        ):
            manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            await api.create(manifest)
        await made.put_region()
        grant(
            plane,
            made.user,
            made.settings.operator_role,
            tenants=chosen["tenants_namespace"],
            release=chosen["release_namespace"],
        )
        monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig(made.user)))
        try:
            yield made
        finally:
            await _clean_up(made)


async def _clean_up(made: HubWorld) -> None:
    """Take away what would be seen by the hubs of other tests, finalizers or not."""
    for kind, namespace in (
        (TENANTS, made.namespace),
        (PLACEMENTS, made.settings.tenants_namespace),
    ):
        for obj in (await made.api.list(kind, namespace=namespace)).items:
            ref = Ref(kind, obj["metadata"]["name"], namespace)
            await made.api.delete(ref)
            if await made.api.get(ref) is not None:
                await made.api.merge_patch(ref, {"metadata": {"finalizers": None}})
    await made.api.delete(Ref(REGIONS, made.region))
