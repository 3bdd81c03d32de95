"""What reads a document bounds itself, and does not outlive its worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from acuse_lab.documents.catalogue import sample
from support.processes import descendants, is_running

WORKER = """
import asyncio, sys
from pathlib import Path
from acuse_workers.reading.sandbox import open_reader

async def main():
    async with open_reader() as reader:
        while True:
            await reader.read(Path(sys.argv[1]), policy="Tesseract")

asyncio.run(main())
"""


async def test_nothing_outlives_a_worker_that_was_killed(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = tmp_path / "ticket.jpg"
    path.write_bytes(sample("ticket").data)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, str(path), env={**os.environ, "TMPDIR": str(scratch)}
    )
    deadline = time.monotonic() + 60
    # The nursery, its child, and Tesseract.
    while len(below := descendants(worker.pid)) < 3:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)

    worker.kill()

    assert await worker.wait() == -signal.SIGKILL
    while any(is_running(pid) for pid in below) or list(scratch.iterdir()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_an_endless_computation_is_ended_by_the_processor_limit() -> None:
    program = (
        "from acuse_workers.reading.child import limit_resources\n"
        "from acuse_workers.reading.limits import ReadingLimits\n"
        "limit_resources(ReadingLimits(seconds=1))\n"
        "while True: pass\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)

    assert ended.returncode == -signal.SIGXCPU
