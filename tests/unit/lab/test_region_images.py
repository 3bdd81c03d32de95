"""Images that are written, not built: one program, and always the same bytes."""

from __future__ import annotations

import hashlib
import json
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from acuse_lab.regions.images import write_archive

NAME = "localhost/acuse-thing:1"


def written(folder: Path, name: str) -> Path:
    binary = folder / "thing"
    binary.write_bytes(b"\x7fELF and so on")
    archive = folder / name
    write_archive(archive, name=NAME, binary=binary)
    return archive


def content(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read()


def test_an_image_is_the_same_every_time(tmp_path: Path) -> None:
    assert written(tmp_path, "a").read_bytes() == written(tmp_path, "b").read_bytes()


def test_two_regions_may_write_it_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have written all of it before either gives it its name."""
    both, rename = threading.Barrier(2), Path.rename

    def rename_together(self: Path, target: Path) -> Path:
        both.wait(60)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_together)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(written, [tmp_path, tmp_path], ["a", "a"])

    assert first.read_bytes() == second.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a", "thing"]


def test_an_image_runs_its_program_as_nobody(tmp_path: Path) -> None:
    archive = written(tmp_path, "a")
    manifest: dict[str, Any] = json.loads(content(archive, "manifest.json"))[0]
    config: dict[str, Any] = json.loads(content(archive, manifest["Config"]))

    assert manifest["RepoTags"] == [NAME]
    # The pause container must have no command beside its entry point.
    assert config["config"] == {"Entrypoint": ["/thing"], "User": "65532:65532"}


def test_an_images_layer_holds_the_program_alone_and_is_named_by_its_content(
    tmp_path: Path,
) -> None:
    archive = written(tmp_path, "a")
    manifest: dict[str, Any] = json.loads(content(archive, "manifest.json"))[0]
    layer = content(archive, "layer.tar")
    (tmp_path / "layer.tar").write_bytes(layer)

    with tarfile.open(tmp_path / "layer.tar") as tar:
        members = [(member.name, oct(member.mode)) for member in tar.getmembers()]
    config: dict[str, Any] = json.loads(content(archive, manifest["Config"]))
    assert members == [("thing", "0o755")]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
