"""Signed webhook traffic for tests that pull plugs: every body unique, every 200 remembered."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field

import httpx
import msgspec

from acuse_lab.running.tenants import LabTenant


def text_body(tenant: LabTenant, message_id: str, *, person: str, text: str) -> bytes:
    """Return a webhook body with one text message."""
    now = str(int(time.time()))
    message = {
        "from": "54911" + person.rjust(8, "0"),
        "from_user_id": f"AR.{person}",
        "id": message_id,
        "timestamp": now,
        "type": "text",
        "text": {"body": text},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "5491150001234",
            "phone_number_id": tenant.phone_number_id,
        },
        "contacts": [
            {"profile": {"name": "Ana"}, "wa_id": message["from"], "user_id": f"AR.{person}"}
        ],
        "messages": [message],
    }
    entry = {"id": tenant.waba_id, "changes": [{"value": value, "field": "messages"}]}
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})


def sign(body: bytes, secret: str) -> dict[str, str]:
    """Return the headers Meta sends with a body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


@dataclass(slots=True)
class Load:
    """Posts messages until told to stop; `acknowledged` are the ids that were answered 200."""

    url: str
    tenant: LabTenant
    people: int = 50
    acknowledged: set[str] = field(default_factory=set[str])
    refused: dict[int, int] = field(default_factory=dict[int, int])
    cut: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, *, connections: int, at_most: int = 100_000) -> None:
        """Post from so many connections at once, one message after another on each."""
        async with httpx.AsyncClient(
            timeout=30.0, limits=httpx.Limits(max_connections=connections), trust_env=False
        ) as http:
            share = at_most // connections
            await asyncio.gather(*(self._post(http, share) for _ in range(connections)))

    def stop(self) -> None:
        """Post no more."""
        self._stop.set()

    async def _post(self, http: httpx.AsyncClient, at_most: int) -> None:
        for _ in range(at_most):
            if self._stop.is_set():
                return
            message_id = f"wamid.{secrets.token_hex(16)}"
            person = str(secrets.randbelow(self.people) + 1)
            body = text_body(self.tenant, message_id, person=person, text="hola")
            try:
                answer = await http.post(
                    self.url, content=body, headers=sign(body, self.tenant.app_secret)
                )
            except httpx.TransportError:
                self.cut += 1
                # Nobody listens while it restarts; asking in a tight loop would only slow it down.
                await asyncio.sleep(0.01)
                continue
            if answer.is_success:
                self.acknowledged.add(message_id)
            else:
                self.refused[answer.status_code] = self.refused.get(answer.status_code, 0) + 1
