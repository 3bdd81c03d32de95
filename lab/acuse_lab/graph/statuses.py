"""The statuses that follow a message: sent, delivered, read or failed, with their price."""

from __future__ import annotations

from typing import Any

from acuse_lab.graph.contract import StatusPlan
from acuse_lab.graph.delivery import Update, envelope, value_for
from acuse_lab.graph.errors import status_error
from acuse_lab.graph.inbound import contact_of
from acuse_lab.graph.registration import route
from acuse_lab.graph.sender import Post, encode
from acuse_lab.graph.state import Graph, Number, Outgoing, month

_SERVICE = "service"


def planned(plan: StatusPlan, *, fails_with: int | None) -> list[tuple[float, str]]:
    """Return which statuses are posted and when: pairs of seconds and status."""
    if not plan.on:
        return []
    if fails_with is not None:
        return [(plan.sent_after, "failed")]
    steps = [(plan.sent_after, "sent")]
    if not plan.skip_delivered:
        steps.append((plan.delivered_after, "delivered"))
    if plan.read_after is not None:
        steps.append((plan.read_after, "read"))
    if plan.reverse:
        names = [name for _, name in reversed(steps)]
        steps = [(after, name) for (after, _), name in zip(steps, names, strict=True)]
    return steps


def follow(graph: Graph, message: Outgoing, *, fails_with: int | None) -> None:
    """Let the statuses of an accepted message come, as its number's plan says."""
    number = graph.number(message.phone_number_id)
    plan = number.modes.statuses
    steps = planned(plan, fails_with=fails_with)
    pricing = _price(graph, number, message=message) if fails_with is None else None
    priced_later = "read" if plan.skip_delivered else "delivered"
    for after, name in steps:
        status = _status(message, name, at=graph.clock.now() + after)
        if name in {"sent", priced_later}:
            status |= {"pricing": pricing} if pricing else {}
        if name == "failed" and fails_with is not None:
            status["errors"] = [status_error(fails_with)]
        _schedule(graph, message, status=status, after=after)


def _schedule(graph: Graph, message: Outgoing, *, status: dict[str, Any], after: float) -> None:
    async def post() -> None:
        number = graph.number(message.phone_number_id)
        message.statuses.append(status["status"])
        graph.note_change()
        where = route(graph, number, field="messages")
        if where is None:
            return
        contacts = [contact_of(message.person)] if message.person.name else []
        parts = {"contacts": contacts} if contacts else {}
        value = value_for(number, **parts, statuses=[status])
        body = encode(envelope([Update(number, "messages", value)], grouping="change"))
        for _ in range(number.modes.statuses.copies):
            graph.sender.send(Post(*where, body, 1))

    graph.clock.after(after, post, lane=f"statuses {message.phone_number_id}")


def _status(message: Outgoing, name: str, *, at: float) -> dict[str, Any]:
    status: dict[str, Any] = {"id": message.id, "status": name, "timestamp": str(int(at))}
    if message.person.wa_id:
        status["recipient_id"] = message.person.wa_id
    if message.person.user_id:
        status["recipient_user_id"] = message.person.user_id
    if "biz_opaque_callback_data" in message.body:
        status["biz_opaque_callback_data"] = message.body["biz_opaque_callback_data"]
    return status


def _price(graph: Graph, number: Number, *, message: Outgoing) -> dict[str, Any]:
    """Return the pricing block and count the message: per-message pricing, with a free tier.

    Service messages are charged since 2026-10-01 but for so many per number and month. The block
    has no `conversation` beside it: Meta omits that from v24.0 on.
    """
    this_month = month(graph.clock.now())
    category = _SERVICE
    if message.kind == "template":
        template = message.body["template"]
        key = (template["name"], template["language"]["code"])
        category = graph.templates_of(number.spec.waba_id)[key].category.lower()
    free = number.free_used[this_month] < number.modes.free_service_messages
    if category == _SERVICE and free:
        number.free_used[this_month] += 1
        kind = "free_customer_service"
    else:
        number.billed[this_month][category] += 1
        kind = "regular"
    return {
        "billable": kind == "regular",
        "pricing_model": "PMP",
        "category": category,
        "type": kind,
    }
