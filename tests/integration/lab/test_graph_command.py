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
