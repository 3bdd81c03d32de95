"""What reads a document bounds itself, and does not outlive its worker."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from acuse_lab.documents.catalogue import sample
from support.eventually import until
from support.nurseries import nursery_of
from support.processes import descendants, is_running

WORKER = """
import asyncio, sys
from pathlib import Path
from acuse_workers.reading import nursing
from acuse_workers.reading.sandbox import open_reader

if sys.argv[2:]:
    nursing._PROGRAM = tuple(sys.argv[2:])

async def main():
    async with open_reader() as reader:
        while True:
            await reader.read(Path(sys.argv[1]), policy="Tesseract")

asyncio.run(main())
"""


# A child that does not look whether its worker is there, and what it started; one second is enough
# for the nursery's patience to end within a test's.
DEAF = nursery_of(
    "import subprocess; subprocess.Popen(['sleep', '600']); time.sleep(600)",
    first="nursery._GRACE = 1.0",
)


async def killed_amid_a_document(folder: Path, *program: str) -> list[int]:
    """Kill a worker that reads with TMPDIR `folder`; return the ids of all that was below it."""
    path = folder.with_suffix(".jpg")
    path.write_bytes(sample("ticket").data)
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER, str(path), *program),
        env={**os.environ, "TMPDIR": str(folder)},
    )
    below: list[int] = []

    def is_amid() -> bool:
        # The nursery, its child, and what that started.
        below[:] = descendants(worker.pid)
        return len(below) >= 3

    await until(is_amid)
    worker.kill()
    assert await worker.wait() == -signal.SIGKILL
    return below


async def test_nothing_outlives_a_worker_that_was_killed(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    below = await killed_amid_a_document(scratch)

    await until(lambda: not any(is_running(pid) for pid in below))
    assert list(scratch.iterdir()) == []


async def test_a_child_that_does_not_end_with_its_worker_is_ended(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    below = await killed_amid_a_document(scratch, *DEAF)

    await until(lambda: not any(is_running(pid) for pid in below))


def test_an_endless_computation_is_ended_by_the_processor_limit() -> None:
    program = (
        "from acuse_workers.reading.child import limit_resources\n"
        "from acuse_workers.reading.limits import ReadingLimits\n"
        "limit_resources(ReadingLimits(seconds=1))\n"
        "while True: pass\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)

    assert ended.returncode == -signal.SIGXCPU
