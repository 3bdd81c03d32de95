"""The fleet as a whole: its clusters, its Regions, its tenants and the operator of its hub."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from acuse_cluster.kinds import PLACEMENTS, REGIONS, SECRETS, Manifest, Ref
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from acuse_lab.running.tenants import LabTenant
from bench.fleet_operator import HubOperator, hub_operator
from bench.fleet_planes import Member, members_of
from bench.fleet_regions import heartbeats
from bench.operator_site import TENANTS_IN
from bench.operator_watch import PATIENCE, within
from bench.result import InvalidMeasurement

_AT_A_TIME = 16
_LOOK_EVERY = 0.05
# A machine that is slower than this per tenant cannot be measured on.
_EACH_SECONDS = 0.3
_MANAGER = "kubectl"


@dataclass(slots=True)
class Fleet:
    """A hub, the regions that every tenant names, and the tenants so far.

    The last region is a spare: every tenant names it from the beginning, and there is no Region
    of its name before `register` is called for it.
    """

    hub: Member
    regions: Sequence[Member]
    spare: Member
    operator: HubOperator
    tenants: list[LabTenant] = field(default_factory=list[LabTenant])

    async def register(self, region: Member) -> None:
        """Make a region known to the hub: a Secret with its kubeconfig, and a Region."""
        for manifest in region_manifests(region):
            await self.hub.api.apply(manifest, manager=_MANAGER)

    async def unregister(self, region: Member) -> None:
        """Take a Region away; what the region has stays there."""
        await self.hub.api.delete(self.region(region))

    async def cordon(self, *, is_cordoned: bool) -> None:
        """Change the first Region so that it concerns no tenant: the hub looks at every one."""
        ref = self.region(self.regions[0])
        await self.hub.api.merge_patch(ref, {"spec": {"cordoned": is_cordoned}})

    async def secrets_of(self, count: int) -> list[LabTenant]:
        """Invent so many tenants and write what they name: their Secrets, not yet Tenants."""
        first = len(self.tenants)
        made = [_tenant(number) for number in range(first, first + count)]
        await self._apply([tenant.secret() for tenant in made])
        return made

    async def apply(self, tenants: Sequence[LabTenant]) -> None:
        """Apply the Tenants, several at a time, as a pipeline would."""
        self.tenants += tenants
        names = [region.name for region in (*self.regions, self.spare)]
        await self._apply([placed_in(tenant.manifest(), names) for tenant in tenants])

    async def _apply(self, manifests: Sequence[Manifest]) -> None:
        left = iter(manifests)

        async def each() -> None:
            for manifest in left:
                await self.hub.api.apply(manifest, manager=_MANAGER)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_A_TIME):
                tasks.create_task(each())

    def region(self, member: Member) -> Ref:
        """Return the Region on the hub that stands for a cluster."""
        return Ref(REGIONS, member.name)


def placed_in(tenant: dict[str, object], names: Sequence[str]) -> Manifest:
    """Return a Tenant that is at home in the first of the regions and stands by in the others."""
    spec = tenant["spec"]
    assert isinstance(spec, dict)
    home, *standby = names
    return {**tenant, "spec": {**spec, "placement": {"home": home, "standby": standby}}}


def region_manifests(region: Member) -> tuple[Manifest, Manifest]:
    """Return a Region that is reached by a kubeconfig, and the Secret with that."""
    name = f"{region.name}-kubeconfig"
    content = base64.b64encode(region.kubeconfig.read_bytes()).decode()
    secret: Manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "data": {"kubeconfig": content},
    }
    access = {"type": "Kubeconfig", "kubeconfigSecretRef": {"namespace": NAMESPACE, "name": name}}
    return secret, {
        "apiVersion": "acuse.dev/v1alpha1",
        "kind": "Region",
        "metadata": {"name": region.name},
        "spec": {
            "jurisdiction": "AR",
            "intakeURL": f"https://{region.name}.example.com",
            "access": access,
        },
    }


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Placements that come to regions from now on.

    They are counted in the audit logs, which costs the API servers nothing while it is waited.
    """

    regions: Sequence[Member]
    before: Mapping[str, int]

    @classmethod
    def at(cls, regions: Sequence[Member]) -> Arrivals:
        """Begin to count."""
        return cls(regions, {region.name: _written(region) for region in regions})

    async def come(self, each: int) -> float:
        """Return when so many had been written in each region, by `time.perf_counter`."""
        waiting = asyncio.gather(*(self._until(region, each) for region in self.regions))
        patience = PATIENCE + each * _EACH_SECONDS
        what = f"{each} placements in each region"
        return max(await within(waiting, what=what, seconds=patience))

    async def _until(self, region: Member, each: int) -> float:
        while True:
            if _written(region) - self.before[region.name] >= each:
                return time.perf_counter()
            await asyncio.sleep(_LOOK_EVERY)


def _written(region: Member) -> int:
    return region.written.count()["tenantplacements"]


async def check_placed(fleet: Fleet, regions: Sequence[Member]) -> None:
    """Raise InvalidMeasurement unless each region has every tenant's placement and Secret."""
    count = len(fleet.tenants)
    for region in regions:
        for kind in (PLACEMENTS, SECRETS):
            there = len((await region.api.list(kind, namespace=TENANTS_NAMESPACE)).items)
            if there != count:
                raise InvalidMeasurement(f"{region.name}: {there} {kind.plural}, not {count}")


def _tenant(number: int) -> LabTenant:
    name = f"fleet-{number:05}"
    return LabTenant(name=name, display_name=name, namespace=TENANTS_IN)


@asynccontextmanager
async def fleet_up(planes: Sequence[ControlPlane], folder: Path) -> AsyncGenerator[Fleet, None]:
    """Open the fleet on these clusters: the hub, its regions, a spare one; its operator runs."""
    async with members_of(planes) as members, heartbeats(members[1:]):
        hub, *regions, spare = members
        fleet = Fleet(hub, tuple(regions), spare, hub_operator(members, folder))
        for region in regions:
            await fleet.register(region)
        await fleet.operator.start()
        try:
            yield fleet
        finally:
            await fleet.operator.stop()
