"""The routes of the Graph API for what is sent and received: media, uploads, messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.types import Message as ASGIMessage

from acuse_lab.graph import bodies
from acuse_lab.graph.answers import (
    JSON,
    META_CODE,
    answer_bytes,
    answer_file,
    answer_json,
    as_json,
)
from acuse_lab.graph.asking import Asked, base_url, graph_of
from acuse_lab.graph.contract import Call
from acuse_lab.graph.errors import GraphFault, bad_shape, fault
from acuse_lab.graph.management import read_number
from acuse_lab.graph.media import (
    RECEIVED_SECONDS,
    UPLOADED_SECONDS,
    check_upload,
    describe,
    require_owned,
)
from acuse_lab.graph.messages import accept_message, check_message, mark_read
from acuse_lab.graph.scripted import scripted_answer
from acuse_lab.graph.state import Graph, Number
from acuse_lab.graph.statuses import follow
from acuse_lab.graph.versions import check_version


@get("/{version:str}/{object_id:str}")
async def read_object(version: FromPath[str], object_id: FromPath[str], request: Asked) -> ASGIApp:
    """Answer a number, or a media's description with a fresh address; all else is unknown."""
    graph = graph_of(request)
    check_version(version, rest=object_id, now=graph.clock.now())
    authorization = request.headers.get("authorization")
    if object_id in graph.numbers:
        number = graph.open_number(object_id, authorization, method="get")
        return await read_number(graph, number, fields=request.query_params.get("fields"))
    owned = graph.numbers_of(authorization)
    asked_for = request.query_params.get("phone_number_id")
    media = require_owned(
        graph.shelf.find(object_id, now=graph.clock.now()),
        media_id=object_id,
        number_ids=owned & {asked_for} if asked_for else owned,
    )
    if media.fails("address"):
        return answer_bytes(b"", http_status=media.modes.failure_status)
    address = graph.shelf.open_address(media, base=base_url(request), now=graph.clock.now())
    return answer_json(media.announced(address))


@get("/whatsapp_business/attachments")
async def download(request: Asked) -> ASGIApp:
    """Serve the bytes behind an address: 401 without a token, 404 once it is over."""
    graph = graph_of(request)
    try:
        owned = graph.numbers_of(request.headers.get("authorization"))
    except GraphFault as exc:
        return answer_json(exc.envelope(), http_status=401)
    media = graph.shelf.resolve(
        request.query_params.get("mid", ""),
        request.query_params.get("hash", ""),
        now=graph.clock.now(),
    )
    if media is None or media.phone_number_id not in owned:
        return answer_bytes(b"Not Found", http_status=404)
    if media.fails("download"):
        return answer_bytes(b"", http_status=media.modes.failure_status)
    return answer_file(media, graph.closing)


@post("/{version:str}/{phone_number_id:str}/media", status_code=200)
async def upload(version: FromPath[str], phone_number_id: FromPath[str], request: Asked) -> ASGIApp:
    """Keep an uploaded file for 30 days and answer its id."""
    graph = graph_of(request)
    check_version(version, rest=f"{phone_number_id}/media", now=graph.clock.now())
    number = graph.open_number(phone_number_id, request.headers.get("authorization"))
    if request.content_type[0] != "multipart/form-data":
        raise bad_shape("The parameter file is required.")
    form = await request.form()
    if form.get("messaging_product") != "whatsapp":
        raise bad_shape("The parameter messaging_product is required.")
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise bad_shape("The parameter file is required.")
    mime_type = file.content_type
    if (form.get("type") or mime_type) != mime_type:
        raise fault(100, details="Param type is not the type of the file part.")
    content = await file.read()
    check_upload(content, mime_type=mime_type)

    async def act(_answered: bool) -> dict[str, Any]:
        """Keep the file."""
        return {
            "id": keep_media(graph, number, content, mime_type=mime_type, filename=file.filename)
        }

    return await scripted_answer(graph, number, on="upload", act=act)


@post("/{version:str}/{phone_number_id:str}/messages", status_code=200)
async def messages(
    version: FromPath[str], phone_number_id: FromPath[str], request: Asked
) -> ASGIApp:
    """Send a message, or mark one as read."""
    graph = graph_of(request)
    check_version(version, rest=f"{phone_number_id}/messages", now=graph.clock.now())
    number = graph.open_number(phone_number_id, request.headers.get("authorization"))
    if request.content_type[0] != "application/json":
        raise bad_shape("The parameter messaging_product is required.")
    body = bodies.decode(await request.body())
    if "status" in body:
        return await _mark_read(graph, number, body)
    send = check_message(graph, number, body)

    async def act(answered: bool) -> dict[str, Any]:
        """Take the message and let its statuses follow."""
        accepted = accept_message(graph, number, send=send, body=body)
        accepted.message.answered = answered
        follow(graph, accepted.message, fails_with=accepted.fails_with)
        return accepted.answer

    return await scripted_answer(graph, number, on="message", act=act)


async def _mark_read(graph: Graph, number: Number, body: dict[str, Any]) -> ASGIApp:
    mark = bodies.parse(body, bodies.MarkRead)

    async def act(_answered: bool) -> dict[str, Any]:
        """Keep the mark."""
        mark_read(graph, number, mark)
        return {"success": True}

    return await scripted_answer(graph, number, on="read", act=act)


def keep_media(
    graph: Graph, number: Number, content: bytes, *, mime_type: str, filename: str | None,
    uploaded: bool = True,
) -> str:  # fmt: skip
    """Keep a media, uploaded by the business or received from a person; return its id."""
    info = describe(content, mime_type=mime_type, filename=filename)
    lives = UPLOADED_SECONDS if uploaded else RECEIVED_SECONDS
    graph.shelf.keep(
        content,
        phone_number_id=number.spec.phone_number_id,
        info=info,
        ends_at=graph.clock.now() + lives,
    )
    return info.id


def answer_fault(request: Asked, exc: GraphFault) -> Response[bytes]:
    """Answer an error of Meta's in its envelope."""
    request.scope["state"][META_CODE] = exc.code
    return Response(
        as_json(exc.envelope()),
        status_code=exc.http_status,
        media_type=JSON,
        headers=exc.headers,
    )


def answer_unknown_path(request: Asked, exc: HTTPException) -> Response[bytes]:
    """Answer what no route takes as the Graph API does."""
    path = request.scope["path"]
    unknown = GraphFault(f"Unknown path components: {path}", code=2500)
    if exc.status_code < 500:  # noqa: PLR2004  the family of HTTP statuses
        return answer_fault(request, unknown)
    return answer_fault(request, fault(1, http_status=exc.status_code))


def _method(scope: Mapping[str, object]) -> str:
    return str(scope["method"])


def recording(app: ASGIApp, graph: Graph) -> ASGIApp:
    """Return the app with every call of the Graph API noted, answered or not."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and note it."""
        path = scope["path"]
        if path.startswith("/_lab/"):
            await app(scope, receive, send)
            return
        seen = {"http_status": 0}

        async def watch(message: ASGIMessage) -> None:
            """Pass the answer on and remember its status."""
            if message["type"] == "http.response.start":
                seen["http_status"] = message["status"]
            await send(message)

        try:
            await app(scope, receive, watch)
        finally:
            code = scope["state"].get(META_CODE)
            graph.calls.append(
                Call(
                    at=graph.clock.now(),
                    method=_method(scope),
                    path=path,
                    http_status=seen["http_status"],
                    code=code,
                )
            )
            graph.note_change()

    return noted
