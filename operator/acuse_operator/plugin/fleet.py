"""The Regions that a hub knows, and which of their clusters the caller can ask."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from acuse.errors import ApiRefused, InvalidManifest, KubeconfigRefused, Unavailable
from acuse.resources.region import Region
from acuse_cluster.access import access_from_bytes
from acuse_cluster.client import Api
from acuse_cluster.kinds import REGIONS, SECRETS, Manifest, Ref
from acuse_operator.conditions import conditions_of, find
from acuse_operator.plugin.operator_there import OperatorThere, read_operator
from acuse_operator.plugin.target import AGENT, Here

# A region that is away must not hold up what is said of the others.
_PATIENCE: Final = 5.0
_READ: Final = ("apiVersion", "kind", "metadata", "spec")


@dataclass(frozen=True, slots=True)
class Reach:
    """One region's cluster: its API, or why the caller cannot ask it."""

    name: str
    api: Api | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The Regions as the hub has them, with the ways to their clusters."""

    # Those that this version can read, by name, as the hub takes them.
    regions: Mapping[str, Region]
    reaches: Mapping[str, Reach]
    operator: OperatorThere
    # Those that the hub says it does not reach: no new tenant is sent there.
    away: frozenset[str] = frozenset()

    @property
    def tenants_namespace(self) -> str:
        """Return the namespace of placements."""
        return self.operator.settings.tenants_namespace

    def reach(self, name: str) -> Reach:
        """Return the way to a region, also of one that there is not."""
        return self.reaches.get(name) or Reach(name, None, f"there is no Region {name}")


@asynccontextmanager
async def open_fleet(here: Here) -> AsyncGenerator[Fleet, None]:
    """Read the Regions and open the way to each that the caller may ask.

    Raises ApiRefused when the caller may not list Regions.
    """
    operator = await read_operator(here.api, here.target)
    listed = await here.api.list(REGIONS)
    async with AsyncExitStack() as stack:
        reaches = {
            obj["metadata"]["name"]: await _reach(stack, here, obj, operator)
            for obj in listed.items
        }
        yield Fleet(_parsed(listed.items), reaches, operator, _away(listed.items))


def _parsed(objects: Iterable[Manifest]) -> dict[str, Region]:
    found: dict[str, Region] = {}
    for obj in objects:
        try:
            region = Region.parse({part: obj.get(part) for part in _READ})
        except InvalidManifest:
            continue
        found[region.metadata.name] = region
    return found


def _away(objects: Iterable[Manifest]) -> frozenset[str]:
    said = ((obj["metadata"]["name"], find(conditions_of(obj), "Reachable")) for obj in objects)
    return frozenset(name for name, one in said if one is not None and one["status"] != "True")


async def _reach(
    stack: AsyncExitStack, here: Here, obj: Manifest, operator: OperatorThere
) -> Reach:
    name: str = obj["metadata"]["name"]
    access: Mapping[str, Any] = obj["spec"].get("access") or {}
    if access.get("type", "InCluster") == "InCluster":
        own = operator.settings.region
        if operator.is_known and name != own:
            return Reach(name, None, f"it has no kubeconfig, and the cluster asked is {own}")
        return Reach(name, here.api)
    try:
        kubeconfig = await _kubeconfig(here.api, access.get("kubeconfigSecretRef") or {})
        opened = await access_from_bytes(kubeconfig)
    except (KubeconfigRefused, Unavailable) as exc:
        return Reach(name, None, str(exc))
    api = Api(opened, deadline=_PATIENCE, agent=AGENT)
    return Reach(name, await stack.enter_async_context(api))


async def _kubeconfig(api: Api, where: Mapping[str, str]) -> bytes:
    """Return the kubeconfig that a Region names; raise KubeconfigRefused with the reason."""
    ref = Ref(SECRETS, where.get("name", ""), where.get("namespace"))
    key = where.get("key", "kubeconfig")
    try:
        secret = await api.get(ref)
    except ApiRefused as exc:
        raise KubeconfigRefused(f"{ref} with its kubeconfig: you may not read it") from exc
    data: Mapping[str, str] = (secret or {}).get("data") or {}
    if key not in data:
        raise KubeconfigRefused(f"{ref} with its kubeconfig: it has no key {key}, or is not there")
    try:
        return base64.b64decode(data[key], validate=True)
    except (binascii.Error, ValueError) as exc:
        raise KubeconfigRefused(f"{ref}: its key {key} is not base64") from exc
