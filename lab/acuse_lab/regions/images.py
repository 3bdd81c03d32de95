"""Images of one static program each, written as archives that containerd imports."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import secrets
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from acuse_lab.go_tools import COREDNS, PAUSE, GoTool, program

# As Acuse's own images run: nobody's, and not root's.
_USER: Final = "65532:65532"
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Image:
    """An image's name and the archive that holds it."""

    name: str
    archive: Path


def pause_image() -> Image:
    """Return the image of pods' pause containers; with `serve` and others it serves tests."""
    return _image_of(PAUSE)


def coredns_image() -> Image:
    """Return the image of the cluster's DNS."""
    return _image_of(COREDNS)


def _image_of(tool: GoTool) -> Image:
    binary = program(tool)
    # A name is never given to two contents: what a region has need not be imported again.
    tag = tool.fingerprint()[:12]
    image = Image(f"localhost/acuse-{tool.name}:{tag}", tool.folder / f"image-{tag}.tar")
    if not image.archive.exists():
        write_archive(image.archive, name=image.name, binary=binary)
    return image


def write_archive(path: Path, *, name: str, binary: Path) -> None:
    """Write an image with nothing but this program, which it runs; the same every time.

    Whole or not at all. Regions that come up together may each write it.
    """
    layer = _layer(binary)
    config = json.dumps(
        {
            "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "config": {"Entrypoint": [f"/{binary.name}"], "User": _USER},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_sha256(layer)}"]},
        }
    ).encode()
    manifest = json.dumps(
        [{"Config": f"{_sha256(config)}.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    ).encode()
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with tarfile.open(partial, "w") as archive:
            _add(archive, f"{_sha256(config)}.json", config, mode=0o644)
            _add(archive, "layer.tar", layer, mode=0o644)
            _add(archive, "manifest.json", manifest, mode=0o644)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _layer(binary: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        _add(layer, binary.name, binary.read_bytes(), mode=0o755)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes, *, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
