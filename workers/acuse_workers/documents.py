"""Folders for documents under work: gone when the work is done, or when the next worker starts."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = "acuse-document-"


@asynccontextmanager
async def document_folder() -> AsyncGenerator[Path, None]:
    """Make a folder that only this user can open, named for this process; remove it afterwards."""
    name = await asyncio.to_thread(tempfile.mkdtemp, prefix=f"{_PREFIX}{os.getpid()}-")
    try:
        yield Path(name)
    finally:
        await asyncio.to_thread(shutil.rmtree, name, ignore_errors=True)


def remove_abandoned() -> int:
    """Remove the folders of workers that were killed; return how many there were.

    To be called before the first document: in a container every worker has the same process id, so
    a folder with our own is an earlier worker's.
    """
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and (int(pid) == os.getpid() or not _is_alive(int(pid))):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # Another user's: alive, and not ours to judge.
        return True
    return True
