"""The least that a client could do with the same objects: encode, send, read the answer.

Run as a file it is a process of its own, so that its processor time is nobody else's: it reads a
job from standard input and writes what it took to standard output.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import uvloop

_APPLY = {"Content-Type": "application/apply-patch+yaml", "Accept": "application/json"}


async def _each(
    session: aiohttp.ClientSession, server: str, left: Iterator[tuple[str, Any]], manager: str
) -> None:
    query = f"?fieldManager={manager}&force=true"
    for path, manifest in left:
        data = json.dumps(manifest).encode()
        async with session.patch(f"{server}{path}{query}", data=data, headers=_APPLY) as answer:
            body = await answer.read()
            if answer.status >= 300:
                raise SystemExit(f"{path}: {answer.status} {body[:300]!r}")


async def _region(job: dict[str, Any], region: dict[str, Any]) -> None:
    tls = ssl.create_default_context(cafile=region["ca"])
    tls.load_cert_chain(region["certificate"], region["key"])
    connector = aiohttp.TCPConnector(ssl=tls, limit=0)
    left = iter([(path, manifest) for path, manifest in region["objects"]])
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as tasks:
        for _ in range(job["atATime"]):
            tasks.create_task(_each(session, region["server"], left, job["manager"]))


async def _all(job: dict[str, Any]) -> dict[str, float]:
    wall, processor = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as tasks:
        for region in job["regions"]:
            tasks.create_task(_region(job, region))
    return {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(_all(json.load(sys.stdin))), sys.stdout)
