"""How updates become webhook bodies: entries, changes and values, up to Meta's limits per POST."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

from acuse.errors import InvalidRequest
from acuse_lab.graph.contract import Change, Delivering, Inbound, InboundBatch, InboundSent, Person
from acuse_lab.graph.inbound import contact_of, stamped
from acuse_lab.graph.registration import Route, route
from acuse_lab.graph.sender import MAX_BYTES, MAX_UPDATES, Post, WebhookSender, encode
from acuse_lab.graph.state import Graph, Number

MEDIA_KINDS = frozenset({"image", "document", "audio", "video", "sticker"})


@dataclass(slots=True)
class Update:
    """One update on its way: the number it is for, its field, and its part of the value."""

    number: Number
    field: str
    value: dict[str, Any]
    groups: bool = True


def value_for(number: Number, **parts: Any) -> dict[str, Any]:
    """Return a `messages` value: product, metadata, then the parts (contacts, messages, …)."""
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number.spec.display_phone_number,
            "phone_number_id": number.spec.phone_number_id,
        },
        **parts,
    }


def envelope(updates: Sequence[Update], *, grouping: str) -> dict[str, Any]:
    """Return one webhook body with all updates, put together as `grouping` says."""
    entries: list[dict[str, Any]] = []
    for update in updates:
        waba = update.number.spec.waba_id
        entry = next((e for e in entries if e["id"] == waba), None)
        if entry is None or grouping == "entry":
            entry = dict[str, Any](id=waba, changes=[])
            entries.append(entry)
        if grouping != "value" or not _merged(entry["changes"], update):
            entry["changes"].append({"value": update.value, "field": update.field})
    return {"object": "whatsapp_business_account", "entry": entries}


def deliver(graph: Graph, batch: InboundBatch) -> InboundSent:
    """Fill in and put on its way all that the batch holds."""
    messages = [_message(graph, inbound) for inbound in batch.messages]
    changes = [_change(graph, change) for change in batch.changes]
    updates = [update for _, update in messages] + changes
    posted: list[tuple[Route | None, bytes, int]] = []
    for where, part in _by_route(graph, updates):
        for body, count in _posts(part, batch.delivering):
            posted.append((where, body, count))
    if batch.delivering.reverse:
        posted.reverse()
    graph.note_change()
    return InboundSent(
        message_ids=tuple(message_id for message_id, _ in messages),
        bodies=tuple(body.decode() for _, body, _ in posted),
        delivery_ids=tuple(_send_all(graph.sender, posted, delivering=batch.delivering)),
    )


def deliver_raw(graph: Graph, number: Number, body: bytes) -> InboundSent:
    """Sign these very bytes and put them on their way; learn the messages in them, if any."""
    learned = tuple(_learn(graph, number, body))
    posts: list[str] = []
    where = route(graph, number, field="messages")
    if where is not None:
        post = Post(*where, body, max(len(learned), 1))
        graph.sender.send(post)
        posts.append(post.id)
    text = body.decode("utf-8", errors="replace")
    return InboundSent(message_ids=learned, bodies=(text,), delivery_ids=tuple(posts))


class _Contact(Struct):
    wa_id: str | None = None
    user_id: str | None = None
    profile: dict[str, Any] = {}


class _Message(Struct, rename={"sender": "from"}):
    id: str
    sender: str | None = None
    from_user_id: str | None = None


class _Value(Struct):
    messages: list[_Message] = []
    contacts: list[_Contact] = []


class _Change(Struct):
    value: _Value


class _Entry(Struct):
    changes: list[_Change] = []


class _Envelope(Struct):
    entry: list[_Entry] = []


def _learn(graph: Graph, number: Number, body: bytes) -> Iterator[str]:
    try:
        known = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    for value in (change.value for entry in known.entry for change in entry.changes):
        for message in value.messages:
            name = next((str(c.profile.get("name", "")) for c in value.contacts), "")
            person = Person(name=name, wa_id=message.sender, user_id=message.from_user_id)
            number.heard_from(person, message_id=message.id, at=graph.clock.now())
            yield message.id


def _merged(changes: list[dict[str, Any]], update: Update) -> bool:
    """Put a message into the value of the same number, as Meta does; say whether it was."""
    for change in changes:
        value = change["value"]
        same = value.get("metadata") == update.value.get("metadata")
        if same and update.groups and change["field"] == update.field and "messages" in value:
            known = value.get("contacts", [])
            new = [c for c in update.value.get("contacts", []) if c not in known]
            change["value"] = value | ({"contacts": known + new} if known + new else {})
            change["value"]["messages"] = value["messages"] + update.value["messages"]
            return True
    return False


def _message(graph: Graph, inbound: Inbound) -> tuple[str, Update]:
    number = graph.number(inbound.phone_number_id)
    if not (inbound.person.wa_id or inbound.person.user_id):
        raise InvalidRequest("a person needs a wa_id or a user_id")
    if "type" not in inbound.message:
        raise InvalidRequest("a message needs its type")
    now = graph.clock.now()
    message = stamped(inbound, at=now)
    number.heard_from(inbound.person, message_id=message["id"], at=now)
    if number.modes.media_urls:
        message = _with_address(graph, message)
    # Meta sends a system message without `contacts`.
    who = {} if message["type"] == "system" else {"contacts": [contact_of(inbound.person)]}
    return message["id"], Update(number, "messages", value_for(number, **who, messages=[message]))


def _with_address(graph: Graph, message: dict[str, Any]) -> dict[str, Any]:
    kind = message["type"]
    content: dict[str, Any] = message[kind] if kind in MEDIA_KINDS else {}
    media = graph.shelf.find(content.get("id", ""), now=graph.clock.now())
    if media is None:
        return message
    url = graph.shelf.open_address(media, base=graph.base_url, now=graph.clock.now())
    return message | {kind: content | {"url": url}}


def _change(graph: Graph, change: Change) -> Update:
    number = graph.number(change.phone_number_id)
    return Update(number, change.field, change.value, groups=False)


def _by_route(
    graph: Graph, updates: Sequence[Update]
) -> Iterator[tuple[Route | None, list[Update]]]:
    routes = [route(graph, update.number, field=update.field) for update in updates]
    for wanted in dict.fromkeys(routes):
        yield wanted, [u for u, where in zip(updates, routes, strict=True) if where == wanted]


def _posts(updates: list[Update], how: Delivering) -> Iterator[tuple[bytes, int]]:
    """Yield bodies within Meta's limits; halve a part that is too large."""
    size = MAX_UPDATES if how.together else 1
    parts = [
        [update for _, update in part]
        for _, part in groupby(enumerate(updates), key=lambda numbered: numbered[0] // size)
    ]
    while parts:
        part = parts.pop(0)
        body = encode(envelope(part, grouping=how.grouping))
        if len(body) > MAX_BYTES and len(part) > 1:
            middle = len(part) // 2
            parts[:0] = [part[:middle], part[middle:]]
            continue
        yield body, len(part)


def _send_all(
    sender: WebhookSender, posted: list[tuple[Route | None, bytes, int]], *, delivering: Delivering
) -> Iterator[str]:
    for where, body, count in posted:
        for _ in range(delivering.copies if where else 0):
            url, secret = where or ("", "")
            post = Post(url, secret, body, count, parallel=delivering.parallel)
            sender.send(post, after=delivering.after)
            yield post.id
