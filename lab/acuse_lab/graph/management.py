"""The routes that set a number up: reading it, its webhook override, an app's subscription."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from litestar import delete, get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import UNSET

from acuse_lab.graph import bodies
from acuse_lab.graph.asking import Asked, graph_of
from acuse_lab.graph.contract import Management
from acuse_lab.graph.errors import GraphFault, bad_shape, fault
from acuse_lab.graph.reach import wrong_with
from acuse_lab.graph.registration import webhook_configuration
from acuse_lab.graph.scripted import scripted_answer
from acuse_lab.graph.state import Graph, Number
from acuse_lab.graph.versions import check_version

USAGE_HEADER = "X-Business-Use-Case-Usage"
# What Meta answers when no fields are asked for.
_USUAL = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "webhook_configuration",
    "id",
)
_NODE = "WhatsAppBusinessPhoneNumber"
_NOT_SUBSCRIBED = (
    "Before override the current callback uri, your app must be subscribed to receive messages"
    " for WhatsApp Business Account"
)

Kind = Literal["look", "change"]


def spend(graph: Graph, number: Number, *, kind: Kind) -> None:
    """Count one management call; raise Meta's 80007 when the hour's budget is spent."""
    now = graph.clock.now()
    account = graph.accounts[number.spec.waba_id]
    budget = account.budgets[number.spec.app_id]
    limit = account.modes.management_calls_per_hour
    if budget.admit(now, limit=limit):
        number.management[kind] += 1
        return
    number.management["limited"] += 1
    minutes = int(budget.regained_after(now, limit=limit) // 60) + 1
    limited = fault(80007)
    limited.headers[USAGE_HEADER] = _usage(number.spec.waba_id, minutes=minutes)
    raise limited


def _usage(waba_id: str, *, minutes: int) -> str:
    return json.dumps(
        {
            waba_id: [
                {
                    "type": "whatsapp_business_management",
                    "call_count": 100,
                    "total_cputime": 0,
                    "total_time": 0,
                    "estimated_time_to_regain_access": minutes,
                }
            ]
        }
    )


def usage(graph: Graph, number: Number) -> Management:
    """Return what was asked of a number, and what is used of its account's budget."""
    account = graph.accounts[number.spec.waba_id]
    return Management(
        looks=number.management["look"],
        changes=number.management["change"],
        limited=number.management["limited"],
        used_in_hour=account.budgets[number.spec.app_id].used(graph.clock.now()),
        limit=account.modes.management_calls_per_hour,
    )


async def read_number(graph: Graph, number: Number, *, fields: str | None) -> ASGIApp:
    """Answer the fields of a number that were asked for, or Meta's usual ones."""
    spend(graph, number, kind="look")
    known = _known(graph, number)
    asked = fields.split(",") if fields else list(_USUAL)
    for name in asked:
        if name not in known:
            raise bad_shape(f"Tried accessing nonexisting field ({name}) on node type ({_NODE})")

    async def act(_answered: bool) -> dict[str, Any]:
        """Say what is known."""
        return {name: known[name] for name in (*asked, "id") if known[name] is not None}

    return await scripted_answer(graph, number, on="look", act=act)


def _known(graph: Graph, number: Number) -> dict[str, Any]:
    return {
        "id": number.spec.phone_number_id,
        "verified_name": number.spec.verified_name,
        "display_phone_number": number.spec.display_phone_number,
        "code_verification_status": "VERIFIED",
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "account_mode": "LIVE",
        "is_official_business_account": False,
        "webhook_configuration": webhook_configuration(graph, number) or None,
    }


@post("/{version:str}/{object_id:str}", status_code=200)
async def configure_number(
    version: FromPath[str], object_id: FromPath[str], request: Asked
) -> ASGIApp:
    """Point a number's messages somewhere, once that address has answered; or nowhere special."""
    graph = graph_of(request)
    check_version(version, rest=object_id, now=graph.clock.now())
    number = graph.open_number(object_id, request.headers.get("authorization"))
    spend(graph, number, kind="change")
    body = bodies.parse(await _body(request), bodies.ConfigureNumber).webhook_configuration

    async def act(_answered: bool) -> dict[str, Any]:
        """Verify the address and keep it."""
        if body.override_callback_uri:
            token = None if body.verify_token is UNSET else body.verify_token
            await _check_callback(
                graph,
                number,
                url=body.override_callback_uri,
                verify_token=token,
                param="webhook_configuration['{}']",
            )
        number.override = body.override_callback_uri or None
        graph.note_change()
        return {"success": True}

    return await scripted_answer(graph, number, on="change", act=act)


@post("/{version:str}/{waba_id:str}/subscribed_apps", status_code=200)
async def subscribe(version: FromPath[str], waba_id: FromPath[str], request: Asked) -> ASGIApp:
    """Subscribe the app to an account's webhooks; without a body its override goes away."""

    async def act(graph: Graph, number: Number) -> dict[str, Any]:
        """Verify the address, if there is one, and keep it."""
        account = graph.accounts[waba_id]
        body = bodies.parse(await _body(request, optional=True), bodies.Subscribe)
        if body.override_callback_uri is UNSET:
            account.unsubscribed.discard(number.spec.app_id)
            account.overrides.pop(number.spec.app_id, None)
            return {"success": True}
        await _check_callback(
            graph,
            number,
            url=body.override_callback_uri,
            verify_token=None if body.verify_token is UNSET else body.verify_token,
            param="{}",
        )
        account.overrides[number.spec.app_id] = body.override_callback_uri
        return {"success": True}

    return await _on_account(request, version, waba_id, kind="change", act=act)


@get("/{version:str}/{waba_id:str}/subscribed_apps")
async def subscriptions(version: FromPath[str], waba_id: FromPath[str], request: Asked) -> ASGIApp:
    """Answer the apps that are subscribed, each with its override: here only the token's own."""

    async def act(graph: Graph, number: Number) -> dict[str, Any]:
        """Say what is known."""
        app_id, account = number.spec.app_id, graph.accounts[waba_id]
        if app_id in account.unsubscribed:
            return {"data": []}
        data = {"id": app_id, "link": f"https://www.facebook.com/games/?app_id={app_id}"}
        shown: dict[str, Any] = {"whatsapp_business_api_data": {**data, "name": "Acuse"}}
        if app_id in account.overrides:
            shown["override_callback_uri"] = account.overrides[app_id]
        return {"data": [shown]}

    return await _on_account(request, version, waba_id, kind="look", act=act)


@delete("/{version:str}/{waba_id:str}/subscribed_apps", status_code=200)
async def unsubscribe(version: FromPath[str], waba_id: FromPath[str], request: Asked) -> ASGIApp:
    """Let the app get nothing of an account any more; its override goes too."""

    async def act(graph: Graph, number: Number) -> dict[str, Any]:
        """Forget the app."""
        graph.accounts[waba_id].unsubscribed.add(number.spec.app_id)
        graph.accounts[waba_id].overrides.pop(number.spec.app_id, None)
        return {"success": True}

    return await _on_account(request, version, waba_id, kind="change", act=act)


async def _on_account(
    request: Asked,
    version: str,
    waba_id: str,
    *,
    kind: Kind,
    act: Callable[[Graph, Number], Awaitable[dict[str, Any]]],
) -> ASGIApp:
    graph = graph_of(request)
    check_version(version, rest=f"{waba_id}/subscribed_apps", now=graph.clock.now())
    authorization = request.headers.get("authorization")
    number = graph.open_account(waba_id, authorization, method=request.method)
    spend(graph, number, kind=kind)

    async def acted(_answered: bool) -> dict[str, Any]:
        """Do it, and say that something may have changed."""
        done = await act(graph, number)
        graph.note_change()
        return done

    return await scripted_answer(graph, number, on=kind, act=acted)


async def _check_callback(
    graph: Graph, number: Number, *, url: str, verify_token: str | None, param: str
) -> None:
    """Pass an address that Meta would take; raise its error for the first thing that is wrong."""
    # For a number's override Meta names the same condition; that it has the same error is assumed.
    if number.spec.app_id in graph.accounts[number.spec.waba_id].unsubscribed:
        raise bad_shape(_NOT_SUBSCRIBED)
    if not verify_token:
        raise bad_shape(f"The parameter {param.format('verify_token')} is required.")
    sender = graph.sender
    wrong = wrong_with(url, plain_http=graph.plain_http, names=sender.names)
    if wrong is not None:
        raise fault(100, details=f"Param {param.format('override_callback_uri')} {wrong}.")
    failed = await sender.verify(url, verify_token=verify_token)
    if failed is not None:
        raise GraphFault(
            f"(#2200) Callback verification failed with the following errors: {failed}", code=2200
        )


async def _body(request: Asked, *, optional: bool = False) -> dict[str, Any]:
    raw = await request.body()
    if optional and not raw.strip():
        return {}
    if request.content_type[0] != "application/json":
        raise bad_shape("The parameter webhook_configuration is required.")
    return bodies.decode(raw)


MANAGEMENT_ROUTES = (configure_number, subscribe, subscriptions, unsubscribe)
