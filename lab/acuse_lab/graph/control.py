"""The `/_lab/` routes: how a test, the demo or a person steers the fake and sees what it saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from litestar import Response, get, post, put
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_404_NOT_FOUND

from acuse.errors import AcuseError, InvalidRequest, NotFound, VerificationFailed
from acuse_lab.graph import management
from acuse_lab.graph.app import keep_media
from acuse_lab.graph.asking import Asked, graph_of
from acuse_lab.graph.contract import (
    AccountModes,
    Advance,
    Call,
    Callback,
    Delivery,
    InboundBatch,
    InboundSent,
    Management,
    MediaInfo,
    MediaModes,
    NumberModes,
    NumberSpec,
    Override,
    ReadMark,
    Registration,
    SendFault,
    SentMessage,
    Time,
    Usage,
)
from acuse_lab.graph.delivery import deliver, deliver_raw
from acuse_lab.graph.media import Media
from acuse_lab.graph.reach import read_name
from acuse_lab.graph.registration import registration
from acuse_lab.graph.state import Fault, Graph

_T = TypeVar("_T")
_LONGEST_WAIT = 600.0


@put("/_lab/numbers")
async def register(data: JSONBody[NumberSpec], request: Asked) -> NumberSpec:
    """Register a business number with its tokens, secret and templates."""
    graph_of(request).register(data)
    return data


@put("/_lab/numbers/{number_id:str}/callback")
async def set_callback(
    number_id: FromPath[str], data: JSONBody[Callback], request: Asked
) -> Callback:
    """Give one number an app's callback of its own, once the address has answered the challenge."""
    graph = graph_of(request)
    number = graph.number(number_id)
    await _verify(graph, data)
    number.callback = data
    return data


@put("/_lab/apps/{app_id:str}/callback")
async def set_app_callback(
    app_id: FromPath[str], data: JSONBody[Callback], request: Asked
) -> Callback:
    """Set an app's callback, once the address has answered Meta's challenge."""
    graph = graph_of(request)
    await _verify(graph, data)
    graph.apps[app_id] = data
    return data


@put("/_lab/numbers/{number_id:str}/override")
async def set_override(
    number_id: FromPath[str], data: JSONBody[Override], request: Asked
) -> Override:
    """Set or clear a number's override as somebody else with a token would: drift."""
    graph = graph_of(request)
    graph.number(number_id).override = data.url or None
    graph.note_change()
    return data


@get("/_lab/numbers/{number_id:str}/registration")
async def read_registration(number_id: FromPath[str], request: Asked) -> Registration:
    """Answer where a number's webhooks go."""
    graph = graph_of(request)
    return registration(graph, graph.number(number_id))


@post("/_lab/numbers/{number_id:str}/revoke", status_code=200)
async def revoke(number_id: FromPath[str], request: Asked) -> NumberSpec:
    """Let every token of a number be refused with 190 until it is registered anew."""
    number = graph_of(request).number(number_id)
    spent = (*number.spec.expired_tokens, *number.spec.tokens)
    number.spec = msgspec.structs.replace(number.spec, tokens=(), expired_tokens=spent)
    return number.spec


@get("/_lab/numbers/{number_id:str}/management")
async def management_usage(number_id: FromPath[str], request: Asked) -> Management:
    """Answer how many management calls a number had, and what its account has left."""
    graph = graph_of(request)
    return management.usage(graph, graph.number(number_id))


@put("/_lab/accounts/{waba_id:str}/modes")
async def set_account_modes(
    waba_id: FromPath[str], data: JSONBody[AccountModes], request: Asked
) -> AccountModes:
    """Change how many management calls a business account has per hour."""
    graph_of(request).accounts[waba_id].modes = data
    return data


@put("/_lab/names")
async def set_names(data: JSONBody[dict[str, str]], request: Asked) -> dict[str, str]:
    """Say which addresses callbacks' hosts have, in place of what was said before."""
    names = dict(read_name(f"{host}={address}") for host, address in data.items())
    known = graph_of(request).sender.names
    known.clear()
    known.update(names)
    return names


@put("/_lab/numbers/{number_id:str}/modes")
async def set_modes(
    number_id: FromPath[str], data: JSONBody[NumberModes], request: Asked
) -> NumberModes:
    """Change how strict and talkative a number is."""
    graph_of(request).number(number_id).modes = data
    return data


@put("/_lab/numbers/{number_id:str}/faults")
async def set_faults(
    number_id: FromPath[str], data: JSONBody[list[SendFault]], request: Asked
) -> list[SendFault]:  # fmt: skip
    """Script what the next calls get instead of their answers; an empty list clears the script."""
    faults = graph_of(request).number(number_id).faults
    faults.clear()
    faults.extend(Fault(fault, fault.times) for fault in data)
    return data


@get("/_lab/numbers/{number_id:str}/usage")
async def usage(number_id: FromPath[str], request: Asked) -> Usage:
    """Answer what a number's messages cost this month."""
    graph = graph_of(request)
    return graph.number(number_id).usage(graph.clock.now())


@post("/_lab/numbers/{number_id:str}/media", status_code=200)
async def receive_media(
    number_id: FromPath[str],
    mime_type: FromQuery[str],
    request: Asked,
    filename: FromQuery[str | None] = None,
) -> MediaInfo:
    """Keep the body as a file that a person sent; any bytes under any type."""
    graph = graph_of(request)
    media_id = keep_media(
        graph,
        graph.number(number_id),
        await request.body(),
        mime_type=mime_type,
        filename=filename,
        uploaded=False,
    )
    return graph.shelf.by_id[media_id].info


@put("/_lab/media/{media_id:str}/modes")
async def set_media_modes(
    media_id: FromPath[str], data: JSONBody[MediaModes], request: Asked
) -> MediaModes:
    """Make a media misbehave."""
    _media(graph_of(request), media_id).misbehave(data)
    return data


@get("/_lab/media/{media_id:str}/content")
async def media_content(media_id: FromPath[str], request: Asked) -> Response[bytes]:
    """Answer a media's bytes, without token or expiry."""
    media = _media(graph_of(request), media_id)
    return Response(media.content, media_type=media.info.mime_type)


@post("/_lab/inbound", status_code=200)
async def send_inbound(data: JSONBody[InboundBatch], request: Asked) -> InboundSent:
    """Put messages and account updates on their way to the business."""
    return deliver(graph_of(request), data)


@post("/_lab/numbers/{number_id:str}/raw", status_code=200)
async def send_raw(number_id: FromPath[str], request: Asked) -> InboundSent:
    """Sign the body as it is and post it to the number's callback."""
    graph = graph_of(request)
    return deliver_raw(graph, graph.number(number_id), await request.body())


@get("/_lab/messages")
async def sent_messages(
    request: Asked,
    number_id: FromQuery[str | None] = None,
    at_least: FromQuery[int] = 0,
    within: FromQuery[float] = 0.0,
) -> list[SentMessage]:
    """Answer the messages that the business sent; wait for `at_least` so many if asked to."""
    graph = graph_of(request)

    def found() -> list[SentMessage]:
        """Return what there is by now."""
        return [m.seen() for m in graph.sent if number_id in {None, m.phone_number_id}]

    return await _waited(graph, found, at_least=at_least, within=within)


@get("/_lab/reads")
async def read_marks(
    request: Asked,
    number_id: FromQuery[str | None] = None,
    at_least: FromQuery[int] = 0,
    within: FromQuery[float] = 0.0,
) -> list[ReadMark]:
    """Answer the messages marked as read; wait for `at_least` so many if asked to."""
    graph = graph_of(request)

    def found() -> list[ReadMark]:
        """Return what there is by now."""
        return [mark for mark in graph.reads if number_id in {None, mark.phone_number_id}]

    return await _waited(graph, found, at_least=at_least, within=within)


@get("/_lab/calls")
async def calls(
    request: Asked, at_least: FromQuery[int] = 0, within: FromQuery[float] = 0.0
) -> list[Call]:
    """Answer every call of the Graph API; wait for `at_least` so many if asked to."""
    graph = graph_of(request)
    return await _waited(graph, lambda: list(graph.calls), at_least=at_least, within=within)


@get("/_lab/deliveries")
async def deliveries(
    request: Asked,
    only: FromQuery[str | None] = None,
    at_least: FromQuery[int] = 0,
    within: FromQuery[float] = 0.0,
) -> list[Delivery]:
    """Answer the webhooks posted, in one state or in any; wait for `at_least` so many."""
    graph = graph_of(request)

    def found() -> list[Delivery]:
        """Return what there is by now."""
        return [post.seen() for post in graph.sender.posts if only in {None, post.state}]

    return await _waited(graph, found, at_least=at_least, within=within)


@get("/_lab/clock")
async def clock(request: Asked) -> Time:
    """Answer the lab's time."""
    return _time(graph_of(request))


@post("/_lab/clock/advance", status_code=200)
async def advance(data: JSONBody[Advance], request: Asked) -> Time:
    """Move the clock; answers when all that was due on the way has happened."""
    if data.seconds < 0:
        raise InvalidRequest("time does not go back")
    graph = graph_of(request)
    await graph.clock.advance(data.seconds)
    return _time(graph)


@post("/_lab/drain", status_code=200)
async def drain(request: Asked) -> Time:
    """Answer when nothing that is due remains undone."""
    graph = graph_of(request)
    await graph.clock.drain()
    return _time(graph)


def answer_refusal(request: Asked, exc: Exception) -> Response[dict[str, Any]]:
    """Answer a wrong use of the control API: its stable code and what was wrong."""
    del request
    if isinstance(exc, AcuseError):
        http_status = HTTP_404_NOT_FOUND if isinstance(exc, NotFound) else 400
        return Response({"code": exc.code, "detail": str(exc)}, status_code=http_status)
    if isinstance(exc, HTTPException):
        detail = f"{exc.detail} {exc.extra or ''}".strip()
        code = NotFound.code if exc.status_code == HTTP_404_NOT_FOUND else InvalidRequest.code
        return Response({"code": code, "detail": detail}, status_code=exc.status_code)
    return Response({"code": "internal", "detail": str(exc)}, status_code=500)


async def _verify(graph: Graph, callback: Callback) -> None:
    wrong = await graph.sender.verify(callback.url, verify_token=callback.verify_token)
    if wrong is not None:
        raise VerificationFailed(f"callback verification failed: {wrong}")


async def _waited(
    graph: Graph, found: Callable[[], Sequence[_T]], *, at_least: int, within: float
) -> list[_T]:
    await graph.wait_until(lambda: len(found()) >= at_least, within=min(within, _LONGEST_WAIT))
    return list(found())


def _media(graph: Graph, media_id: str) -> Media:
    if media_id not in graph.shelf.by_id:
        raise NotFound(f"no media {media_id}")
    return graph.shelf.by_id[media_id]


def _time(graph: Graph) -> Time:
    return Time(now=graph.clock.now(), live=graph.clock.live)


CONTROL_ROUTES = (
    register,
    set_callback,
    set_app_callback,
    set_override,
    read_registration,
    revoke,
    management_usage,
    set_account_modes,
    set_names,
    set_modes,
    set_faults,
    usage,
    receive_media,
    set_media_modes,
    media_content,
    send_inbound,
    send_raw,
    sent_messages,
    read_marks,
    calls,
    deliveries,
    clock,
    advance,
    drain,
)
