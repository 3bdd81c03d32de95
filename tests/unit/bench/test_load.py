"""The load generator against small servers: what it sends, counts, and charges to whom."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from acuse.meta.signature import signing_secret
from bench.bodies import SIZE, Target, requests
from bench.connection import Connection
from bench.pace import ClosedLoop, OpenLoop

SECRET = "s3cret"
# Answers the number of a request (from 0) with a status; 0 hangs up.
Answer = Callable[[int], Awaitable[int]]


class Server:
    """Keeps what it was sent."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                self.bodies.append(await reader.readexactly(SIZE))
                status = await self._answer(len(self.bodies) - 1)
                if not status:
                    break
                writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n" % status)
                writer.write(b"ok")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def target(port: int) -> Target:
    """Return a target whose requests the servers here take."""
    return Target(port, "/here", SECRET, phone_number_id="1" * 15, waba_id="2" * 15)


@asynccontextmanager
async def connected(
    answer: Answer, *, connections: int
) -> AsyncGenerator[tuple[Server, list[Connection]], None]:
    """Run a server and connect to it so often."""
    server, loop = Server(answer), asyncio.get_running_loop()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    made = [
        (await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(connections)
    ]
    try:
        yield server, made
    finally:
        for connection in made:
            connection.close()
        listener.close()
        await listener.wait_closed()


async def ok(number: int) -> int:
    del number
    return 200


async def test_requests_are_signed_and_no_two_alike() -> None:
    made = itertools.islice(requests(target(80)), 1200)
    async with connected(ok, connections=4) as (server, connections):
        pace = ClosedLoop(made, connections)
        await pace.run(seconds=60.0)

    assert (pace.tally.fault(), pace.tally.acknowledged) == (None, 1200)
    assert len(set(server.bodies)) == 1200
    for head, body in zip(server.heads, server.bodies, strict=True):
        signature = head.partition(b"X-Hub-Signature-256: ")[2].partition(b"\r\n")[0]
        assert signing_secret(body, signature, [SECRET.encode()]) is not None


async def test_a_round_ends_by_its_time_with_every_answer_in() -> None:
    async with connected(ok, connections=4) as (server, connections):
        pace = ClosedLoop(requests(target(80)), connections)
        seconds = await pace.run(seconds=0.05)

    assert pace.tally.fault() is None
    assert pace.tally.acknowledged == len(server.bodies) > 0
    assert seconds > 0


async def test_a_refused_request_and_a_lost_one_make_the_measurement_invalid() -> None:
    async def answer(number: int) -> int:
        return {5: 503, 9: 0}.get(number, 200)

    async with connected(answer, connections=2) as (_, connections):
        pace = ClosedLoop(itertools.islice(requests(target(80)), 20), connections)
        await pace.run(seconds=60.0)

    assert (pace.tally.refused[503], pace.tally.broken) == (1, 1)
    assert "1 lost their connection" in (pace.tally.fault() or "")


async def test_at_a_fixed_rate_a_stall_is_charged_to_all_who_waited() -> None:
    async def answer(number: int) -> int:
        # The first answer takes 0.2 s; with one connection the others wait behind it.
        await asyncio.sleep(0.2 if number == 0 else 0)
        return 200

    async with connected(answer, connections=1) as (_, connections):
        made = itertools.islice(requests(target(80)), 30)
        pace = OpenLoop(made, connections, rate=100.0)
        await pace.run(seconds=0.3)

    assert (pace.tally.fault(), pace.tally.acknowledged) == (None, 30)
    # The n-th was due after n/100 s, and could not leave before the first had come back.
    late = pace.tally.latencies[:20]
    assert all(latency >= 0.199 - n / 100 for n, latency in enumerate(late))
