"""A document's folder ends with its work; a killed worker's ends with the next worker's start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from acuse_workers.documents import document_folder, remove_abandoned


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


async def test_a_documents_folder_is_private_and_gone_after_the_work(temp: Path) -> None:
    async with document_folder() as folder:
        (folder / "document").write_bytes(b"x")
        assert folder.parent == temp
        assert folder.stat().st_mode & 0o077 == 0

    assert os.listdir(temp) == []  # noqa: PTH208  no path object in a coroutine


def test_folders_of_the_dead_and_of_an_earlier_self_are_removed(temp: Path) -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    alive = os.getppid()
    for name in (f"{done.pid}-a", f"{os.getpid()}-b", f"{alive}-c", "word-d"):
        (temp / f"acuse-document-{name}").mkdir()
    (temp / "acuse-other").mkdir()

    assert remove_abandoned() == 2
    assert {path.name for path in temp.iterdir()} == {
        f"acuse-document-{alive}-c",
        "acuse-document-word-d",
        "acuse-other",
    }
