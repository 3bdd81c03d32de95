"""What becomes of a valid or invalid body sent to `/messages`: Meta's checks, then its answer.

A message outside the 24-hour window is accepted and then fails by webhook, because Meta reports
such failures asynchronously; `NumberModes.window` can refuse it at once, or not look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from msgspec import UNSET

from acuse_lab.graph import bodies, ids
from acuse_lab.graph.contract import Person, ReadMark
from acuse_lab.graph.errors import bad_shape, fault
from acuse_lab.graph.state import Graph, Number, Outgoing
from acuse_lab.graph.templates import check_template

_MAX_ROWS = 10


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that Meta took: its record, the answer, and the code it will fail with, if any."""

    message: Outgoing
    answer: dict[str, Any]
    fails_with: int | None


def check_message(graph: Graph, number: Number, body: dict[str, Any]) -> bodies.Send:
    """Return the message if Meta would take its body; raise its error otherwise."""
    send = bodies.parse(body, bodies.Send)
    _check_recipient(send, number)
    _check_content_named(send)
    if send.context is not UNSET:
        _check_known(send.context.message_id, number)
    _check_content(graph, number, send)
    return send


def accept_message(
    graph: Graph, number: Number, *, send: bodies.Send, body: dict[str, Any]
) -> Accepted:
    """Keep a checked message and return what Meta answers; raise if a limit is hit."""
    now = graph.clock.now()
    person = _person(send, number)
    _check_limits(number, person, now=now)
    outside = send.type != "template" and not number.window_is_open(person, now=now)
    if outside and number.modes.window == "error":
        raise fault(131047)
    party = person.wa_id or person.user_id or ""
    message = Outgoing(
        ids.message_id(party, inbound=False),
        number.spec.phone_number_id,
        now,
        send.type,
        person,
        body,
    )
    graph.sent.append(message)
    number.sent_ids.add(message.id)
    number.rate.count(now)
    graph.note_change()
    late = 131047 if outside and number.modes.window == "status" else None
    return Accepted(message, _answer(send, message), late or number.modes.statuses.fail_with)


def mark_read(graph: Graph, number: Number, mark: bodies.MarkRead) -> None:
    """Keep a read mark; raise Meta's error if the message is not one that the number received."""
    if mark.message_id not in number.received_ids:
        raise fault(131009, details="Message Id does not exist")
    graph.reads.append(
        ReadMark(
            message_id=mark.message_id,
            phone_number_id=number.spec.phone_number_id,
            at=graph.clock.now(),
            typing=mark.typing_indicator is not UNSET,
        )
    )
    graph.note_change()


def _check_recipient(send: bodies.Send, number: Number) -> None:
    if send.to is not UNSET and send.recipient is not UNSET:
        # Meta documents either; a caller that gives both has not decided who it writes to.
        raise bad_shape("Only one of the parameters to and recipient can be given.")
    if send.recipient is not UNSET:
        if not ids.is_user_id(send.recipient):
            raise fault(131009, details="Param recipient is not a valid user id")
        return
    if send.to is UNSET:
        raise bad_shape("The parameter to is required.")
    digits = ids.wa_id(send.to)
    if digits is None:
        raise fault(131009, details="Param to is not a valid WhatsApp number")
    if digits == ids.wa_id(number.spec.display_phone_number):
        raise fault(131021)


def _check_content_named(send: bodies.Send) -> None:
    for kind in bodies.KINDS:
        given = getattr(send, kind) is not UNSET
        if given and kind != send.type:
            raise bad_shape(f'Unexpected key "{kind}" on a message of type "{send.type}".')
        if not given and kind == send.type:
            raise bad_shape(f"The parameter {kind} is required.")


def _check_content(graph: Graph, number: Number, send: bodies.Send) -> None:
    if isinstance(send.template, bodies.Template):
        check_template(send.template, graph.templates_of(number.spec.waba_id))
        for place, file in _template_files(send.template):
            _check_file(graph, number, file=file, param=place)
    if isinstance(send.document, bodies.Document):
        _check_file(graph, number, file=send.document, param="document")
    if isinstance(send.image, bodies.Image):
        _check_file(graph, number, file=send.image, param="image", kinds=("image/",))
    if isinstance(send.reaction, bodies.Reaction):
        _check_known(send.reaction.message_id, number)
    if isinstance(send.interactive, bodies.ListMessage):
        _check_list(send.interactive)
    if isinstance(send.interactive, bodies.ButtonMessage):
        _check_buttons(graph, number, message=send.interactive)


def _template_files(template: bodies.Template) -> list[tuple[str, bodies.MediaRef]]:
    files: list[tuple[str, bodies.MediaRef]] = []
    for c, component in enumerate(template.components):
        for p, parameter in enumerate(component.parameters):
            place = f"template['components'][{c}]['parameters'][{p}]"
            if isinstance(parameter, bodies.DocumentParameter):
                files.append((f"{place}['document']", parameter.document))
            if isinstance(parameter, bodies.ImageParameter):
                files.append((f"{place}['image']", parameter.image))
    return files


def _check_file(
    graph: Graph,
    number: Number,
    *,
    file: bodies.MediaRef,
    param: str,
    kinds: tuple[str, ...] = ("",),
) -> None:
    if (file.id is UNSET) == (file.link is UNSET):
        raise bad_shape(f"Param {param} must have exactly one of id and link.")
    if file.link is not UNSET:
        if urlsplit(file.link).scheme not in {"http", "https"}:
            raise fault(131009, details=f"Param {param}['link'] is not a valid URI.")
        return
    media = graph.shelf.find(str(file.id), now=graph.clock.now())
    owned = media is not None and media.phone_number_id == number.spec.phone_number_id
    if media is None or not owned or not media.info.mime_type.startswith(kinds):
        raise bad_shape(
            f"Param {param}['id'] is not a valid whatsapp business account media attachment ID"
        )


def _check_known(message_id: str, number: Number) -> None:
    if message_id not in number.received_ids | number.sent_ids:
        raise fault(131009, details="Message Id does not exist")


def _check_list(message: bodies.ListMessage) -> None:
    sections = message.action.sections
    rows = [row.id for section in sections for row in section.rows]
    if len(rows) > _MAX_ROWS:
        raise fault(131009, details=f"Total row count exceed max allowed count: {_MAX_ROWS}")
    if len(set(rows)) < len(rows):
        raise fault(131009, details="Row ids must be unique")
    if len(sections) > 1 and any(section.title is UNSET for section in sections):
        raise fault(131009, details="Section title is required with more than one section")


def _check_buttons(graph: Graph, number: Number, *, message: bodies.ButtonMessage) -> None:
    replies = [button.reply for button in message.action.buttons]
    for what in ({r.id for r in replies}, {r.title for r in replies}):
        if len(what) < len(replies):
            raise fault(131009, details="Buttons must have unique ids and titles")
    header = message.header
    if isinstance(header, bodies.DocumentHeader):
        _check_file(graph, number, file=header.document, param="interactive['header']")
    if isinstance(header, bodies.ImageHeader):
        _check_file(graph, number, file=header.image, param="interactive['header']")


def _check_limits(number: Number, person: Person, *, now: float) -> None:
    modes = number.modes
    if modes.messages_per_second is not None and number.rate.is_full(
        now, per_second=modes.messages_per_second
    ):
        raise fault(130429)
    if modes.pair_rate and not number.pairs[person.user_id or person.wa_id or ""].admit(now):
        raise fault(131056)


def _person(send: bodies.Send, number: Number) -> Person:
    """Return who is written to: the person known by that number or id, or a stranger."""
    if send.recipient is not UNSET:
        stranger = Person(name="", wa_id=None, user_id=send.recipient)
        return number.people.get(send.recipient, stranger)
    digits = ids.wa_id(str(send.to))
    return number.people.get(str(digits), Person(name="", wa_id=digits, user_id=None))


def _answer(send: bodies.Send, message: Outgoing) -> dict[str, Any]:
    by_user_id = send.recipient is not UNSET
    contact: dict[str, str] = {"input": str(send.recipient if by_user_id else send.to)}
    if not by_user_id and message.person.wa_id:
        contact["wa_id"] = message.person.wa_id
    if message.person.user_id:
        contact["user_id"] = message.person.user_id
    return {
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [{"id": message.id}],
    }
