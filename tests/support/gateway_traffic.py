"""Signed webhooks through a region's Gateway, as Meta posts them: every answer is counted."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import ssl
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec

from acuse.resources.names import webhook_path
from acuse_lab.graph import inbound
from acuse_lab.regions.handle import LabRegion
from acuse_lab.running.tenants import LabTenant
from support.eventually import until
from support.load import sign

# So many connections post one after another, so often a second each: more would only slow down
# what the test is about.
_CONNECTIONS: Final = 4
_PAUSE: Final = 0.1
# A bound, not a target: a load that nobody stops ends all the same.
_AT_MOST: Final = 20_000
_PATIENCE: Final = 120.0


@asynccontextmanager
async def gateway_client(region: LabRegion) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Yield a client of the Gateway over TLS, which checks its certificate."""
    trusted = ssl.create_default_context(cafile=region.ca_file)
    async with httpx.AsyncClient(
        base_url=f"https://{region.ip}",
        headers={"Host": region.host},
        verify=trusted,
        timeout=60.0,
        trust_env=False,
    ) as http:
        yield http


@dataclass(frozen=True, slots=True)
class Front:
    """The public side of a region: posts to tenants' addresses and asks for their challenge."""

    http: httpx.AsyncClient
    region: LabRegion

    async def post(self, tenant: LabTenant, body: bytes, *, secret: str = "") -> httpx.Response:
        """Post a body to a tenant's address, signed with the tenant's own app secret or another."""
        return await self.http.post(
            webhook_path(tenant.key),
            content=body,
            headers=sign(body, secret or tenant.app_secret),
            extensions={"sni_hostname": self.region.host},
        )

    async def challenge(self, tenant: LabTenant, token: str) -> httpx.Response:
        """Ask a tenant's address for its challenge, as Meta does when it is registered."""
        asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "9137"}
        return await self.http.get(
            webhook_path(tenant.key),
            params=asked,
            extensions={"sni_hostname": self.region.host},
        )


@asynccontextmanager
async def front_of(region: LabRegion) -> AsyncGenerator[Front, None]:
    """Yield the public side of a region."""
    async with gateway_client(region) as http:
        yield Front(http, region)


def reaction(tenant: LabTenant, message_id: str, *, person: int = 1) -> bytes:
    """Return a body with one reaction: an update that is kept and asks for no reply."""
    return body_of(tenant, inbound.reaction("wamid.none", "👍"), message_id, person=person)


def body_of(
    tenant: LabTenant, message: dict[str, Any], message_id: str, *, person: int = 1
) -> bytes:
    """Return the body of a webhook with one message of a person."""
    phone = f"54911{person:08}"
    content = {"from": phone, "from_user_id": f"AR.{person}", "id": message_id}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "5491150001234",
            "phone_number_id": tenant.phone_number_id,
        },
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": phone, "user_id": f"AR.{person}"}],
        "messages": [content | {"timestamp": str(int(time.time()))} | message],
    }
    entry = {"id": tenant.waba_id, "changes": [{"value": value, "field": "messages"}]}
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})


def new_message_id() -> str:
    """Return an id that no message has."""
    return f"wamid.{secrets.token_hex(16)}"


@dataclass(slots=True)
class Traffic:
    """What was posted: the ids that were answered 200, and how often anything else came."""

    front: Front
    tenant: LabTenant
    # App secrets to sign with, in turn; more may be added meanwhile.
    app_secrets: list[str]
    acknowledged: list[str] = field(default_factory=list[str])
    others: Counter[str] = field(default_factory=Counter[str])
    _turns: itertools.count[int] = field(default_factory=itertools.count)
    _stopped: bool = False

    async def reach(self, more: int) -> None:
        """Return once so many more webhooks were answered 200."""
        wanted = len(self.acknowledged) + more
        await until(lambda: len(self.acknowledged) >= wanted, within=_PATIENCE)

    async def until_refused(self) -> None:
        """Return once a webhook was not taken."""
        await until(lambda: bool(self.others), within=_PATIENCE)

    def stop(self) -> None:
        """Post no more."""
        self._stopped = True

    async def run(self) -> None:
        """Post one after another until told to stop."""
        while not self._stopped and (turn := next(self._turns)) < _AT_MOST:
            message_id = new_message_id()
            body = reaction(self.tenant, message_id, person=turn % 50)
            secret = self.app_secrets[turn % len(self.app_secrets)]
            try:
                answer = await self.front.post(self.tenant, body, secret=secret)
            except httpx.TransportError as exc:
                self.others[repr(exc)] += 1
            else:
                if answer.status_code == 200:
                    self.acknowledged.append(message_id)
                else:
                    self.others[f"{answer.status_code} {answer.text[:200]}"] += 1
            await asyncio.sleep(_PAUSE)


@asynccontextmanager
async def traffic(
    region: LabRegion, tenant: LabTenant, *, app_secrets: Sequence[str] = ()
) -> AsyncGenerator[Traffic, None]:
    """Post to a tenant's address while the block runs; what is in flight then is waited for."""
    async with front_of(region) as front:
        sent = Traffic(front, tenant, list(app_secrets) or [tenant.app_secret])
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_CONNECTIONS):
                tasks.create_task(sent.run())
            try:
                await sent.reach(20)
                yield sent
            finally:
                sent.stop()
