"""Asks an address through the Gateway as Meta does, again and again, until it answers."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from types import TracebackType
from typing import Self

import aiohttp

from acuse_lab.regions.handle import LabRegion
from bench.operator_watch import within
from bench.result import InvalidMeasurement

# From an answer to the next question: what the gateway needs is not slowed down by the asking.
EVERY = 0.005
_ANSWER_SECONDS = 10.0
_OK = 200


class Asking:
    """One client of a region's Gateway, over TLS and with connections kept; `async with` it."""

    def __init__(self, region: LabRegion) -> None:
        self._region = region
        self._tls = ssl.create_default_context(cafile=region.ca_file)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls),
            timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS),
            headers={"Host": self._region.host},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def answered(self, path: str, verify_token: str) -> float:
        """Return when the path first answered Meta's challenge, by `time.perf_counter`."""
        return await within(self._until(path, verify_token), what=f"an answer at {path}")

    async def _until(self, path: str, verify_token: str) -> float:
        while True:
            if await self._answers(path, verify_token):
                return time.perf_counter()
            await asyncio.sleep(EVERY)

    async def _answers(self, path: str, verify_token: str) -> bool:
        if self._session is None:
            raise RuntimeError("Asking is used outside its block")
        challenge = secrets.token_hex(8)
        asked = {
            "hub.mode": "subscribe",
            "hub.verify_token": verify_token,
            "hub.challenge": challenge,
        }
        try:
            async with self._session.get(
                f"https://{self._region.ip}{path}",
                params=asked,
                server_hostname=self._region.host,
            ) as answer:
                return answer.status == _OK and (await answer.text()).strip() == challenge
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise InvalidMeasurement(f"the Gateway: {type(exc).__name__}") from exc
