"""How the region is: is its intake reached from outside, does its database answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from ssl import SSLContext
from typing import Final

import aiohttp
import psycopg

from acuse.resources.names import WEBHOOK_PATH, webhook_path
from acuse.resources.region import RegionSpec
from acuse.tenants.tenant import tenant_id
from acuse_cluster.kinds import Manifest
from acuse_operator.conditions import Condition, conditions_of, find
from acuse_operator.region.plan import is_going

_SECONDS: Final = 5.0
_SERVER_ERROR: Final = 500
_NO_ROUTE: Final = Condition(
    "IntakeReachable",
    "Unknown",
    "NoRoute",
    "No tenant has a route here yet, so there is nothing to ask.",
)
_BACKLOGS: Final = "SELECT tenant_id, items FROM acuse.backlogs(%(region)s)"


def routed(placements: Iterable[Manifest], *, region: str) -> str | None:
    """Return the tenant whose route has been ready for the longest; None when there is none.

    One that comes or goes is answered by nobody for a moment, which says nothing of the intake.
    """
    since: dict[str, str] = {}
    for placement in placements:
        route = find(conditions_of(placement), "RouteReady") or {}
        is_here = placement["spec"]["region"] == region and not is_going(placement)
        if is_here and route.get("status") == "True":
            since[placement["metadata"]["name"]] = str(route.get("lastTransitionTime"))
    return min(since, key=lambda key: (since[key], key), default=None)


async def intake_condition(spec: RegionSpec, *, key: str | None, trust: SSLContext) -> Condition:
    """Ask the intake at its public address, without a token: its refusal shows that it is there."""
    url = f"{spec.intake_url}{webhook_path(key) if key else WEBHOOK_PATH}"
    try:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False, ssl=trust) as answer,
        ):
            is_intake = answer.status < _SERVER_ERROR and _has_code(await answer.content.read(4096))
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError) as exc:
        if key is None:
            # Some Gateways do not even listen before there is a route.
            return _NO_ROUTE
        text = f"{spec.intake_url} does not answer: {type(exc).__name__}."
        return Condition("IntakeReachable", "False", "NoAnswer", text)
    if is_intake:
        text = f"The intake answers at {spec.intake_url}."
        return Condition("IntakeReachable", "True", "Answers", text)
    if key is None:
        return _NO_ROUTE
    text = f"{spec.intake_url} answers {status}, and not as the intake does."
    return Condition("IntakeReachable", "False", "NotTheIntake", text)


def _has_code(body: bytes) -> bool:
    try:
        return "code" in json.loads(body)
    except (ValueError, TypeError):
        return False


async def database_condition(url: str, *, region: str) -> tuple[Condition, dict[str, int]]:
    """Ask the database how much each tenant's backlog is; return that with what is said of it."""
    if not url:
        text = "The operator was given no database to ask."
        return Condition("DatabaseReady", "Unknown", "NotAsked", text), {}
    try:
        rows = await _backlogs(url, region)
    except psycopg.errors.Error as exc:
        reason = "NoAnswer" if isinstance(exc, psycopg.OperationalError) else "Refused"
        text = f"The database does not serve us: {type(exc).__name__}."
        return Condition("DatabaseReady", "False", reason, text), {}
    text = "The database answers."
    return Condition("DatabaseReady", "True", "Answers", text), rows


async def _backlogs(url: str, region: str) -> dict[str, int]:
    async with await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        connect_timeout=int(_SECONDS),
        application_name="acuse-operator",
        options=f"-c statement_timeout={int(_SECONDS * 1000)}",
    ) as conn:
        found = await conn.execute(_BACKLOGS, {"region": region})
        return {str(tenant): int(backlog) for tenant, backlog in await found.fetchall()}


def by_key(backlogs: dict[str, int], keys: Sequence[str]) -> dict[str, int]:
    """Return each tenant's backlog by its key; 0 of one that nothing waits for."""
    return {key: backlogs.get(str(tenant_id(key)), 0) for key in keys}
