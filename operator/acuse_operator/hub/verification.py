"""Asks a tenant's webhook address for its challenge from outside, as Meta is about to."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Final

import aiohttp

from acuse_operator.trust import intake_trust

_SECONDS: Final = 5.0
_OK: Final = 200
# A challenge has 16 characters: who answers with so many bytes has something else.
_LONGEST: Final = 4096


class Verifier:
    """Says whether an address answers the GET verification."""

    def __init__(self, http: aiohttp.ClientSession, trust: SSLContext) -> None:
        self._http = http
        self._trust = trust

    async def fault(self, url: str, *, verify_token: str) -> str | None:
        """Return why Meta would refuse the address, without the token; None when it would not."""
        challenge = secrets.token_hex(8)
        asked = {
            "hub.mode": "subscribe",
            "hub.verify_token": verify_token,
            "hub.challenge": challenge,
        }
        try:
            async with self._http.get(
                url, params=asked, ssl=self._trust, allow_redirects=False
            ) as answer:
                status, said = answer.status, await _beginning(answer)
        except TimeoutError:
            return f"{url} did not answer within {_SECONDS:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            # The text of an error may quote the query, and the token with it.
            return f"{url} cannot be reached ({type(exc).__name__})"
        if status != _OK:
            return f"{url} answers {status}"
        if said.strip() != challenge.encode():
            return f"{url} answers 200 with something else than the challenge"
        return None


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    """Return what an answer says, or its beginning if that is longer than any of ours."""
    said = b""
    async for chunk in answer.content.iter_any():
        said += chunk
        if len(said) > _LONGEST:
            break
    return said


@asynccontextmanager
async def open_verifier(ca_file: str) -> AsyncGenerator[Verifier, None]:
    """Open a verifier that trusts the system's authorities, and those in `ca_file` if named."""
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    trust = intake_trust(ca_file)
    # What one tenant's address sets is nothing to the next one's.
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=jar) as http:
        yield Verifier(http, trust)
