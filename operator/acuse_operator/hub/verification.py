"""Asks a tenant's webhook address for its challenge from outside, as Meta is about to."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from acuse_operator.trust import intake_trust

_SECONDS: Final = 5.0
_OK: Final = 200


class Verifier:
    """Says whether an address answers the GET verification."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def fault(self, url: str, *, verify_token: str) -> str | None:
        """Return why Meta would refuse the address, without the token; None when it would not."""
        challenge = secrets.token_hex(8)
        asked = {
            "hub.mode": "subscribe",
            "hub.verify_token": verify_token,
            "hub.challenge": challenge,
        }
        try:
            answer = await self._http.get(url, params=asked)
        except httpx.TimeoutException:
            return f"{url} did not answer within {_SECONDS:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            # The text of an error may quote the query, and the token with it.
            return f"{url} cannot be reached ({type(exc).__name__})"
        if answer.status_code != _OK:
            return f"{url} answers {answer.status_code}"
        if answer.text.strip() != challenge:
            return f"{url} answers 200 with something else than the challenge"
        return None


@asynccontextmanager
async def open_verifier(ca_file: str) -> AsyncGenerator[Verifier, None]:
    """Open a verifier that trusts the system's authorities, and those in `ca_file` if named."""
    async with httpx.AsyncClient(
        verify=intake_trust(ca_file), timeout=_SECONDS, follow_redirects=False, trust_env=False
    ) as http:
        yield Verifier(http)
