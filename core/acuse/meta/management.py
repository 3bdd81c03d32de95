"""What the operator does at Meta for one number: look at it, and say where its webhooks go.

Meta takes 200 of these calls an hour per app and business account: `number` answers everything
in one call, and none is made here that was not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec

from acuse.errors import AcuseError, GraphNumberNotFound, GraphRefused, GraphUnavailable
from acuse.meta.graph import GraphClient, succeeded
from acuse.meta.graph_errors import CALLBACK_UNVERIFIED, code_class
from acuse.settings import GraphSettings

# Meta's own limit for an override's address.
LONGEST_CALLBACK: Final = 200
_FIELDS: Final = "id,display_phone_number,verified_name,quality_rating,status,webhook_configuration"
# Over an hourly budget, a second try within seconds only spends more of it.
_SHORTEST_LIMIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class NumberState:
    """A number as Meta has it: who it is, and the three addresses its messages may go to.

    The first one set counts: the number's own override, its account's, the app's.
    """

    phone_number_id: str
    display_phone_number: str | None = None
    verified_name: str | None = None
    quality: str | None = None
    status: str | None = None
    override_callback_uri: str | None = None
    account_callback_uri: str | None = None
    application_callback_uri: str | None = None


class _Webhooks(msgspec.Struct, frozen=True):
    phone_number: str | None = None
    whatsapp_business_account: str | None = None
    application: str | None = None


class _Number(msgspec.Struct, frozen=True):
    id: str
    display_phone_number: str | None = None
    verified_name: str | None = None
    quality_rating: str | None = None
    status: str | None = None
    webhook_configuration: _Webhooks = _Webhooks()


@dataclass(frozen=True, slots=True)
class _Caller:
    graph_version: str
    access_token: str = field(repr=False)


class GraphManagement:
    """Reads numbers and sets their webhook overrides, each with that number's own token."""

    def __init__(self, http: httpx.AsyncClient, settings: GraphSettings) -> None:
        self._graph = GraphClient(http, settings)

    async def number(
        self, phone_number_id: str, *, access_token: str, graph_version: str
    ) -> NumberState:
        """Return what Meta knows of a number; that it answers proves the token.

        Raises what `is_credentials_problem` knows when the token does not open the number.
        """
        answer = await self._call(
            "number",
            phone_number_id,
            caller=_Caller(graph_version, access_token),
            params={"fields": _FIELDS},
        )
        return _read_number(answer)

    async def set_override(
        self,
        phone_number_id: str,
        *,
        access_token: str,
        graph_version: str,
        uri: str,
        verify_token: str,
    ) -> None:
        """Send the number's messages to `uri`, which Meta asks for its challenge before it answers.

        Raises what `is_unverified` knows when the address did not pass.
        """
        if not uri or len(uri) > LONGEST_CALLBACK:
            raise GraphRefused(f"a callback has 1 to {LONGEST_CALLBACK} characters")
        caller = _Caller(graph_version, access_token)
        asked = {"override_callback_uri": uri, "verify_token": verify_token}
        await self._configure(phone_number_id, caller, asked=asked)

    async def remove_override(
        self, phone_number_id: str, *, access_token: str, graph_version: str
    ) -> None:
        """Let the number's messages go where its account or app says; also if none was set."""
        caller = _Caller(graph_version, access_token)
        await self._configure(phone_number_id, caller, asked={"override_callback_uri": ""})

    async def _configure(
        self, phone_number_id: str, caller: _Caller, *, asked: Mapping[str, str]
    ) -> None:
        body = {"webhook_configuration": asked}
        answer = await self._call("override", phone_number_id, caller=caller, body=body)
        if not succeeded(answer):
            raise GraphUnavailable("the override was not confirmed")

    async def _call(
        self,
        call: str,
        phone_number_id: str,
        *,
        caller: _Caller,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> bytes:
        method = "GET" if body is None else "POST"
        try:
            return await self._graph.call(
                call, method, caller, [phone_number_id], params=params, body=body
            )
        except GraphUnavailable as exc:
            if exc.graph_code is not None and code_class(exc.graph_code) == "rate":
                exc.retry_after = max(exc.retry_after, _SHORTEST_LIMIT)
            raise


def is_credentials_problem(error: AcuseError) -> bool:
    """Say whether a person must mend the token or its rights before any call can succeed."""
    if isinstance(error, GraphUnavailable):
        # Without a code it never left: the token itself is malformed.
        return error.pauses and (error.graph_code is None or code_class(error.graph_code) == "auth")
    return isinstance(error, GraphNumberNotFound)


def is_unverified(error: AcuseError) -> bool:
    """Say whether Meta asked the new address for its challenge in vain."""
    return isinstance(error, GraphUnavailable) and error.graph_code == CALLBACK_UNVERIFIED


def _read_number(answer: bytes) -> NumberState:
    try:
        found = msgspec.json.decode(answer, type=_Number)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise GraphUnavailable("the answer about a number is not the documented one") from exc
    webhooks = found.webhook_configuration
    return NumberState(
        phone_number_id=found.id,
        display_phone_number=found.display_phone_number,
        verified_name=found.verified_name,
        quality=found.quality_rating,
        status=found.status,
        # Meta leaves out what is not set; an empty address means the same.
        override_callback_uri=webhooks.phone_number or None,
        account_callback_uri=webhooks.whatsapp_business_account or None,
        application_callback_uri=webhooks.application or None,
    )
