"""A typed client of the control API: what a test, the demo or the bench steers the fake with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

import httpx
import msgspec

from acuse.errors import GraphUnavailable, InvalidRequest, NotFound, VerificationFailed
from acuse_lab.graph.contract import (
    APP_ID,
    AccountModes,
    Advance,
    Call,
    Callback,
    Change,
    Delivering,
    Delivery,
    Inbound,
    InboundBatch,
    InboundSent,
    Management,
    MediaInfo,
    MediaModes,
    NumberModes,
    NumberSpec,
    Override,
    Person,
    ReadMark,
    Registration,
    SendFault,
    SentMessage,
    Time,
    Usage,
)
from acuse_lab.graph.tls import trust

_T = TypeVar("_T")
_REFUSALS = {kind.code: kind for kind in (InvalidRequest, NotFound, VerificationFailed)}
# Moving the clock seven days over a callback that does not answer takes real time.
_ANSWER_SECONDS = 660.0


class LabClient:
    """Steers a fake over HTTP; raises InvalidRequest, NotFound or VerificationFailed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(
            base_url=url, timeout=_ANSWER_SECONDS, trust_env=False, verify=trust()
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def register(self, spec: NumberSpec) -> None:
        """Register a business number; its webhooks go nowhere until some callback is set."""
        await self._put("/_lab/numbers", spec)

    async def set_callback(self, number_id: str, *, url: str, verify_token: str) -> None:
        """Give one number an app's callback of its own, once it has answered Meta's challenge."""
        callback = Callback(url=url, verify_token=verify_token)
        await self._put(f"/_lab/numbers/{number_id}/callback", callback)

    async def set_app_callback(self, *, url: str, verify_token: str, app_id: str = APP_ID) -> None:
        """Set the callback of an app, for all its numbers, once it has answered the challenge."""
        callback = Callback(url=url, verify_token=verify_token)
        await self._put(f"/_lab/apps/{app_id}/callback", callback)

    async def set_override(self, number_id: str, url: str | None) -> None:
        """Set or clear a number's override as somebody else with a token would: drift."""
        await self._put(f"/_lab/numbers/{number_id}/override", Override(url=url))

    async def registration(self, number_id: str) -> Registration:
        """Return where a number's webhooks go."""
        return await self._get(f"/_lab/numbers/{number_id}/registration", Registration)

    async def revoke(self, number_id: str) -> None:
        """Let every token of a number be refused with 190 until it is registered anew."""
        await self._post(f"/_lab/numbers/{number_id}/revoke", None, NumberSpec)

    async def management(self, number_id: str) -> Management:
        """Return how many management calls a number had, and what its account has left."""
        return await self._get(f"/_lab/numbers/{number_id}/management", Management)

    async def set_account_modes(self, waba_id: str, modes: AccountModes) -> None:
        """Change how many management calls a business account has per hour."""
        await self._put(f"/_lab/accounts/{waba_id}/modes", modes)

    async def set_names(self, names: Mapping[str, str]) -> None:
        """Say which addresses callbacks' hosts have, in place of what was said before."""
        await self._put("/_lab/names", dict(names))

    async def set_modes(self, number_id: str, modes: NumberModes) -> None:
        """Change how strict and talkative a number is."""
        await self._put(f"/_lab/numbers/{number_id}/modes", modes)

    async def script(self, number_id: str, *faults: SendFault) -> None:
        """Say what the next calls get instead of their answers; none clears the script."""
        await self._put(f"/_lab/numbers/{number_id}/faults", list(faults))

    async def usage(self, number_id: str) -> Usage:
        """Return what a number's messages cost this month."""
        return await self._get(f"/_lab/numbers/{number_id}/usage", Usage)

    async def add_media(
        self, number_id: str, content: bytes, *, mime_type: str, filename: str | None = None
    ) -> MediaInfo:
        """Keep a file that a person sends to this number; any bytes under any type."""
        query = {"mime_type": mime_type} | ({"filename": filename} if filename else {})
        answer = await self._http.post(
            f"/_lab/numbers/{number_id}/media", params=query, content=content
        )
        return _read(answer, MediaInfo)

    async def set_media_modes(self, media_id: str, modes: MediaModes) -> None:
        """Make a media misbehave."""
        await self._put(f"/_lab/media/{media_id}/modes", modes)

    async def media_content(self, media_id: str) -> bytes:
        """Return the bytes of a media, such as a document that the business sent."""
        answer = await self._http.get(f"/_lab/media/{media_id}/content")
        _check(answer)
        return answer.content

    async def send(
        self, number_id: str, person: Person, *messages: dict[str, Any],
        delivering: Delivering | None = None,
    ) -> InboundSent:  # fmt: skip
        """Let a person send messages (see `inbound`) to a number."""
        inbound = [
            Inbound(phone_number_id=number_id, person=person, message=message)
            for message in messages
        ]
        return await self.send_batch(inbound, delivering=delivering)

    async def send_batch(
        self,
        messages: Sequence[Inbound] = (),
        *,
        changes: Sequence[Change] = (),
        delivering: Delivering | None = None,
    ) -> InboundSent:
        """Deliver messages of several people to several numbers, and account updates."""
        batch = InboundBatch(
            messages=tuple(messages),
            changes=tuple(changes),
            delivering=delivering or Delivering(),
        )
        return await self._post("/_lab/inbound", batch, InboundSent)

    async def send_raw(self, number_id: str, body: bytes) -> InboundSent:
        """Sign these very bytes and post them to the number's callback."""
        answer = await self._http.post(f"/_lab/numbers/{number_id}/raw", content=body)
        return _read(answer, InboundSent)

    async def messages(self, number_id: str | None = None) -> list[SentMessage]:
        """Return the messages that the business sent, in order."""
        return await self._get("/_lab/messages", list[SentMessage], number_id=number_id)

    async def wait_for_messages(
        self, at_least: int, *, number_id: str | None = None, within: float = 60.0
    ) -> list[SentMessage]:
        """Return the messages sent once there are so many; GraphUnavailable if they do not come."""
        found = await self._get(
            "/_lab/messages",
            list[SentMessage],
            number_id=number_id,
            at_least=at_least,
            within=within,
        )
        return _enough(found, at_least)

    async def reads(self, number_id: str | None = None) -> list[ReadMark]:
        """Return the messages that the business marked as read."""
        return await self._get("/_lab/reads", list[ReadMark], number_id=number_id)

    async def wait_for_reads(
        self, at_least: int, *, number_id: str | None = None, within: float = 60.0
    ) -> list[ReadMark]:
        """Return the read marks once there are so many; GraphUnavailable if they do not come."""
        found = await self._get(
            "/_lab/reads", list[ReadMark], number_id=number_id, at_least=at_least, within=within
        )
        return _enough(found, at_least)

    async def calls(self) -> list[Call]:
        """Return every call of the Graph API that has ended, in order."""
        return await self._get("/_lab/calls", list[Call])

    async def wait_for_calls(self, at_least: int, *, within: float = 60.0) -> list[Call]:
        """Return the calls once there are so many; GraphUnavailable if they do not come."""
        found = await self._get("/_lab/calls", list[Call], at_least=at_least, within=within)
        return _enough(found, at_least)

    async def deliveries(self, *, state: str | None = None) -> list[Delivery]:
        """Return the webhooks posted: pending, delivered, dropped, or all."""
        return await self._get("/_lab/deliveries", list[Delivery], only=state)

    async def wait_for_deliveries(
        self, at_least: int, *, state: str = "delivered", within: float = 60.0
    ) -> list[Delivery]:
        """Return the webhooks in a state once there are so many; GraphUnavailable otherwise."""
        found = await self._get(
            "/_lab/deliveries", list[Delivery], only=state, at_least=at_least, within=within
        )
        return _enough(found, at_least)

    async def clock(self) -> Time:
        """Return the lab's time."""
        return await self._get("/_lab/clock", Time)

    async def advance(self, seconds: float) -> Time:
        """Move the clock; returns when all that was due on the way has happened, in order."""
        return await self._post("/_lab/clock/advance", Advance(seconds=seconds), Time)

    async def drain(self) -> Time:
        """Return when nothing that is due remains undone."""
        return await self._post("/_lab/drain", None, Time)

    async def _put(self, path: str, body: Any) -> None:
        _check(await self._http.put(path, content=msgspec.json.encode(body)))

    async def _post(self, path: str, body: Any, shape: type[_T]) -> _T:
        return _read(await self._http.post(path, content=msgspec.json.encode(body)), shape)

    async def _get(self, path: str, shape: type[_T], **query: str | float | None) -> _T:
        given = {name: value for name, value in query.items() if value is not None}
        return _read(await self._http.get(path, params=given), shape)


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        said = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        said = {"detail": answer.text}
    raise _REFUSALS.get(said.get("code", ""), InvalidRequest)(str(said.get("detail")))


def _read(answer: httpx.Response, shape: type[_T]) -> _T:
    _check(answer)
    return msgspec.json.decode(answer.content, type=shape)


def _enough(found: list[_T], at_least: int) -> list[_T]:
    if len(found) < at_least:
        raise GraphUnavailable(f"only {len(found)} of {at_least} came")
    return found
