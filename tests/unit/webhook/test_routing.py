"""Whose an update is: by the route it came by, the ids it names, and the key that signed it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest

from acuse.errors import ForeignNumber
from acuse.meta.update import Update
from acuse.meta.updates import updates
from acuse.tenants.tenant import NO_TENANT, App, Number, Tenant, tenant_id
from acuse.testing import MemoryDirectory
from acuse_webhook.routing import of_app, of_tenant

DELIVERY = uuid.UUID(int=1)


def tenant(name: str, phone: str, waba: str, secret: bytes) -> Tenant:
    number = Number(
        phone_number_id=phone,
        waba_id=waba,
        graph_version="v26.0",
        verify_token="v",
        access_token="a",
        app_secrets=(secret,),
    )
    return Tenant(f"shops.{name}", tenant_id(f"shops.{name}"), name, (number,))


ACME = tenant("acme", "111", "222", b"platform")
OWN_APP = tenant("own", "333", "444", b"own")
SHARED = [tenant("s1", "551", "666", b"platform"), tenant("s2", "552", "666", b"platform")]
DIRECTORY = MemoryDirectory([ACME, OWN_APP, *SHARED], app=App((b"platform",), "v"))


def change(field: str, *, waba: str, phone: str | None) -> dict[str, object]:
    content = {"id": "m", "from": "1", "type": "text", "text": {"body": "x"}}
    value: dict[str, object] = {"messages": [content]} if field == "messages" else {"event": "X"}
    if phone is not None:
        value["metadata"] = {"phone_number_id": phone}
    return {"id": waba, "changes": [{"field": field, "value": value}]}


def batch(*entries: dict[str, object]) -> list[Update]:
    body = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
    return updates(body, received_at=datetime(2026, 11, 23, tzinfo=UTC))


MESSAGE = change("messages", waba="222", phone="111")
ACCOUNT = change("account_update", waba="222", phone=None)


def test_a_tenants_route_takes_its_own_numbers_and_accounts() -> None:
    events = of_tenant(batch(MESSAGE, ACCOUNT), ACME, DELIVERY)

    assert [(e.tenant_id, e.status) for e in events] == [(ACME.id, "received")] * 2


@pytest.mark.parametrize(
    "foreign",
    [
        change("messages", waba="444", phone="333"),
        change("messages", waba="222", phone="999"),
        change("account_update", waba="444", phone=None),
        change("no_such_field", waba="444", phone=None),
    ],
    ids=["another's number", "unknown number", "another's account", "unknown field"],
)
def test_a_tenants_route_refuses_the_whole_body_for_one_foreign_update(
    foreign: dict[str, object],
) -> None:
    with pytest.raises(ForeignNumber):
        of_tenant(batch(MESSAGE, foreign), ACME, DELIVERY)


def test_what_names_nobody_is_the_routes_tenants_and_kept_as_ignored() -> None:
    found = updates(b"not json", received_at=datetime(2026, 11, 23, tzinfo=UTC))

    (event,) = of_tenant(found, ACME, DELIVERY)

    assert (event.tenant_id, event.status, event.reason) == (ACME.id, "ignored", "malformed_json")


@pytest.mark.parametrize(
    ("entry", "owner", "status", "reason"),
    [
        (MESSAGE, ACME.id, "received", None),
        (ACCOUNT, ACME.id, "received", None),
        (change("messages", waba="666", phone="552"), SHARED[1].id, "received", None),
        (change("account_update", waba="666", phone=None), NO_TENANT, "ignored", "no_tenant"),
        (change("messages", waba="222", phone="999"), NO_TENANT, "ignored", "no_tenant"),
        (
            change("messages", waba="444", phone="333"),
            NO_TENANT,
            "ignored",
            "secret_not_of_tenant",
        ),
        (change("no_such_field", waba="222", phone=None), ACME.id, "ignored", "unknown_field"),
    ],
    ids=["number", "account", "shared account", "whose?", "new number", "own app", "unknown"],
)
def test_the_apps_route_finds_the_tenant(
    entry: dict[str, object], owner: uuid.UUID, status: str, reason: str | None
) -> None:
    (event,) = of_app(batch(entry), DIRECTORY, b"platform", DELIVERY)

    assert (event.tenant_id, event.status, event.reason) == (owner, status, reason)
