"""What an image is made from, and the hash that says whether it has changed."""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from acuse.errors import InvalidSettings

CHECKOUT: Final = Path(__file__).parents[3]
PARTS: Final = ("common", "operator", "webhook", "workers", "console")
# What goes into Acuse's own wheel.
_OWN: Final = (
    *("core/acuse", "cluster/acuse_cluster", "operator/acuse_operator", "webhook/acuse_webhook"),
    *("workers/acuse_workers", "console/acuse_console"),
    *("pyproject.toml", "README.md", "LICENSE"),
)
REQUIREMENTS: Final = tuple(f"requirements/image-{part}.txt" for part in PARTS)
_TRIAL: Final = ("lab/go/versitygw",)
_INPUTS: Final = (*_OWN, *_TRIAL, "Containerfile", ".containerignore", "images", *REQUIREMENTS)


def image_hash(root: Path = CHECKOUT) -> str:
    """Return the hash of everything in a checkout, or a copy of it, that an image is made from."""
    return hash_of(_INPUTS, root)


def copy_inputs(source: Path, *, to: Path) -> None:
    """Copy what an image is made from, so that nobody changes it while it is being built."""
    for name in _INPUTS:
        for path in _files(source / name):
            copied = to / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copied)


def hash_of(names: Iterable[str], root: Path) -> str:
    """Return a short hash of files and folders: their names, contents and the kind of machine."""
    digest = hashlib.sha256(platform.machine().encode())
    for name in names:
        for path in _files(root / name):
            content = path.read_bytes()
            digest.update(f"\n{path.relative_to(root)} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:12]


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise InvalidSettings(f"images are built from a checkout of Acuse only: no {path.name}")
    if path.is_file():
        return [path]
    inside = (found for found in path.rglob("*") if "__pycache__" not in found.parts)
    return sorted(found for found in inside if found.is_file())
