"""`acuse lab graph`: a fake of its own, in another process."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE

import pytest

from acuse_lab.graph.client import LabClient
from support.graph_numbers import ACME, NUMBER_ID

RUN = ("-c", "from acuse_lab.commands import lab; lab()", "graph")


@pytest.mark.parametrize(("flag", "live"), [("--live", True), ("--virtual", False)])
async def test_the_command_prints_its_address_once_it_answers(flag: str, live: bool) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, *RUN, flag, stdout=PIPE)
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        assert line.startswith("graph: http://127.0.0.1:")
        async with LabClient(line.removeprefix("graph: ").strip()) as lab:
            await lab.register(ACME)
            assert (await lab.clock()).live is live
            assert (await lab.usage(NUMBER_ID)).free == 0
    finally:
        process.send_signal(signal.SIGTERM)
        code = await process.wait()
    assert code == 0


async def test_the_command_listens_where_others_reach_it_and_says_so() -> None:
    flags = ("--host", "127.0.0.3", "--plain-http", "private", "--resolve", "a.example=10.0.0.1")
    process = await asyncio.create_subprocess_exec(sys.executable, *RUN, *flags, stdout=PIPE)
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        assert line.startswith("graph: http://127.0.0.3:")
        async with LabClient(line.removeprefix("graph: ").strip()) as lab:
            await lab.register(ACME)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


@pytest.mark.parametrize(
    "flags",
    [("--base-url", "10.77.0.1:80"), ("--resolve", "a.example"), ("--ca-file", __file__)],
    ids=["base URL", "name", "authorities"],
)
async def test_what_cannot_be_used_ends_the_command(flags: tuple[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *RUN, *flags, stdout=PIPE, stderr=PIPE
    )
    _, said = await process.communicate()

    assert process.returncode != 0
    assert b"InvalidSettings" in said
