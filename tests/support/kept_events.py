"""What an installation keeps of webhooks, as a person asks it: `acuse events` in the API's pod."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from acuse.errors import Unavailable
from acuse_lab.running.in_cluster import NAMESPACE
from acuse_lab.running.tenants import LabTenant
from support.installed import Installed

Event = dict[str, Any]

TERMINAL: Final = frozenset({"processed", "ignored", "dead"})
_API: Final = ("exec", "--namespace", NAMESPACE, "deployment/acuse-api", "--", "acuse")
# A busy machine reads a dozen photographs in a while.
_PATIENCE: Final = 300.0


def kept(installed: Installed, tenant: LabTenant, *filters: str) -> list[Event]:
    """Return the state of every event of a tenant that is in the database."""
    words = ("events", "list", "--tenant", tenant.key, "--limit", "100000", "--json")
    return [json.loads(line) for line in installed.kubectl(*_API, *words, *filters).splitlines()]


def _kept_by_now(installed: Installed, tenant: LabTenant) -> list[Event]:
    """Return what is kept, and nothing while the database of a test that killed it is not back.

    A Service still leads to it for a moment before it leads nowhere, until it is ready again.
    """
    try:
        return kept(installed, tenant)
    except Unavailable as exc:
        if "database_unavailable" not in str(exc):
            raise
        return []


def event(installed: Installed, tenant: LabTenant, message_id: str) -> Event:
    """Return the state of one event; empty if it was not kept, or is not to be seen for now."""
    found = [e for e in _kept_by_now(installed, tenant) if e["event_id"] == message_id]
    return found[0] if found else {}


async def until_ended(
    installed: Installed, tenant: LabTenant, message_ids: Iterable[str]
) -> dict[str, Event]:
    """Return these events by their ids once each of them is there, once, and has ended."""
    wanted = set(message_ids)
    found: dict[str, Event] = {}

    def have_ended() -> bool:
        events = [e for e in _kept_by_now(installed, tenant) if e["event_id"] in wanted]
        found.clear()
        found.update({each["event_id"]: each for each in events})
        assert len(found) == len(events)
        return found.keys() == wanted and all(e["status"] in TERMINAL for e in events)

    try:
        await installed.until(have_ended, what="every event ended", within=_PATIENCE)
    except AssertionError as exc:
        exc.add_note(f"missing: {sorted(wanted - found.keys())}")
        exc.add_note(f"open: {[e for e in found.values() if e['status'] not in TERMINAL]}")
        raise
    return found


async def until_event(
    installed: Installed, tenant: LabTenant, message_id: str, **fields: Sequence[object]
) -> Event:
    """Return an event once each of these fields has one of these values."""
    found: Event = {}

    def is_so() -> bool:
        found.clear()
        found.update(event(installed, tenant, message_id))
        return all(found.get(name) in values for name, values in fields.items())

    try:
        await installed.until(is_so, what=f"an event with {fields}")
    except AssertionError as exc:
        exc.add_note(f"it is {found}")
        raise
    return found


async def reconcile(installed: Installed, *, seconds: float) -> dict[str, Any]:
    """Return the report of `acuse events reconcile`; Unavailable if not all holds by then."""
    words = ("events", "reconcile", "--wait", str(seconds), "--json")
    text = await asyncio.to_thread(installed.kubectl, *_API, *words)
    report: dict[str, Any] = json.loads(text)
    return report
