"""PP-OCR in its own process: it is shown pixels, outlives documents, and is started anew."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acuse.errors import EngineMissing
from acuse.reading.wire import contract_of
from acuse.tenants.tenant import OcrPolicy
from acuse_lab.documents.catalogue import sample
from acuse_workers.reading.engines.keeping import Recogniser, open_recogniser
from acuse_workers.reading.nursing import Nursery
from acuse_workers.reading.sandbox import Reader
from support.processes import descendants, is_running


@pytest.fixture
async def kept() -> AsyncIterator[Recogniser]:
    async with open_recogniser() as process:
        yield process


def processes() -> set[int]:
    return {
        pid
        for pid in descendants(os.getpid())
        if b"engines.recogniser" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }


@pytest.fixture
def ticket(tmp_path: Path) -> Path:
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    return path


async def test_two_documents_are_read_by_one_process(
    kept: Recogniser, nursery: Nursery, ticket: Path
) -> None:
    reader = Reader(nursery, recogniser=kept)

    first = await reader.read(ticket, policy="PPOCR")
    running = processes()
    second = await reader.read(ticket, policy="PPOCR")

    assert len(running) == 1
    assert processes() == running
    assert first == second
    assert first.engine == "ppocr"
    truth = sample("ticket").truth
    fields = contract_of(first)
    assert {name: fields[name] for name in truth} == truth


async def test_a_process_that_died_is_started_anew(
    kept: Recogniser, nursery: Nursery, ticket: Path
) -> None:
    reader = Reader(nursery, recogniser=kept)
    await reader.read(ticket, policy="PPOCR")
    (died,) = processes()

    os.kill(died, signal.SIGKILL)
    found = await reader.read(ticket, policy="PPOCR")

    # The end may be seen before or after the line to it was lent.
    again = await reader.read(ticket, policy="PPOCR")
    assert found.amount == again.amount or found.engine == "tesseract"
    assert again.engine == "ppocr"
    assert died not in processes()


async def test_a_line_that_ends_amid_a_document_costs_no_document(
    nursery: Nursery, ticket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Recogniser()

    async def broken() -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    monkeypatch.setattr(kept, "lend", broken)

    policies: tuple[OcrPolicy, ...] = ("PPOCR", "Auto")
    for policy in policies:
        found = await Reader(nursery, recogniser=kept).read(ticket, policy=policy)
        assert found.engine == "tesseract"
        assert found.amount is not None


@pytest.mark.parametrize(
    "question",
    [
        b"not json\n",
        json.dumps({"width": 0, "height": 5}).encode() + b"\n",
        json.dumps({"width": 100_000, "height": 100_000}).encode() + b"\n",
        json.dumps({"width": "wide", "height": 5}).encode() + b"\n",
    ],
)
async def test_what_cannot_be_a_picture_ends_the_line_and_not_the_process(
    kept: Recogniser, nursery: Nursery, ticket: Path, question: bytes
) -> None:
    with await kept.lend() as line:
        line.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(line, question)
        assert await asyncio.wait_for(loop.sock_recv(line, 1), 60) == b""

    assert (await Reader(nursery, recogniser=kept).read(ticket, policy="PPOCR")).engine == "ppocr"


async def test_no_more_than_two_documents_are_with_it_at_a_time(
    kept: Recogniser, nursery: Nursery, ticket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent, most, lend = 0, 0, kept.lend

    async def counted() -> socket.socket:
        nonlocal lent, most
        lent += 1
        most = max(most, lent)
        return await lend()

    monkeypatch.setattr(kept, "lend", counted)
    reader = Reader(nursery, recogniser=kept)

    async def one() -> str:
        nonlocal lent
        found = await reader.read(ticket)
        lent -= 1
        return found.engine

    assert await asyncio.gather(*(one() for _ in range(5))) == ["ppocr"] * 5
    assert most == 2


async def test_it_ends_with_whoever_keeps_it(nursery: Nursery, ticket: Path) -> None:
    async with open_recogniser() as kept:
        await Reader(nursery, recogniser=kept).read(ticket, policy="PPOCR")
        assert processes()

    assert not processes()


async def test_a_picture_that_takes_too_long_ends_the_process_and_costs_no_document(
    kept: Recogniser, nursery: Nursery, ticket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(nursery, recogniser=kept)
    with monkeypatch.context() as hurried:
        hurried.setattr("acuse_workers.reading.engines.keeping._SECONDS", 0.001)
        found = await reader.read(ticket, policy="PPOCR")

    assert found.engine == "tesseract"
    assert found.amount is not None
    await kept.close()
    assert (await reader.read(ticket, policy="PPOCR")).engine == "ppocr"


KEEPER = """
import asyncio
from acuse_workers.reading.engines.keeping import open_recogniser

async def main():
    async with open_recogniser() as kept:
        line = await kept.lend()
        print("lent", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_it_ends_with_a_worker_that_was_killed() -> None:
    keeper = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KEEPER, stdout=asyncio.subprocess.PIPE
    )
    assert keeper.stdout is not None
    assert await keeper.stdout.readline() == b"lent\n"
    (kept_by_it,) = processes()

    keeper.kill()

    await keeper.wait()
    deadline = time.monotonic() + 60
    while is_running(kept_by_it):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_without_the_engine_asking_for_it_by_name_says_what_to_install(
    nursery: Nursery, ticket: Path
) -> None:
    with pytest.raises(EngineMissing, match=r"acuse\[ppocr\]"):
        await Reader(nursery).read(ticket, policy="PPOCR")


async def test_tesseract_alone_starts_no_process(
    kept: Recogniser, nursery: Nursery, ticket: Path
) -> None:
    found = await Reader(nursery, recogniser=kept).read(ticket, policy="Tesseract")

    assert found.engine == "tesseract"
    assert not processes()
