"""Runs an image as Kubernetes' restricted profile does: no root, nothing writable but /tmp."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

_NAMESPACES = ("pid", "mount", "ipc", "uts", "network")


class OciArchive:
    """What an archive holds: the image's configuration and its layers' files."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        (described,) = self._json("index.json")["manifests"]
        return self.blob(described["digest"])

    @cached_property
    def configuration(self) -> dict[str, Any]:
        return self.blob(self.manifest["config"]["digest"])

    @cached_property
    def members(self) -> dict[str, tarfile.TarInfo]:
        """Return what the layers hold by its path, the upper layer's where two have it."""
        found: dict[str, tarfile.TarInfo] = {}
        with tarfile.open(self._path) as archive:
            for layer in self.manifest["layers"]:
                blob = archive.extractfile(_blob(layer["digest"]))
                with tarfile.open(fileobj=blob) as files:
                    found |= {member.name.strip("/"): member for member in files}
        return found

    @property
    def compressed_bytes(self) -> int:
        return sum(layer["size"] for layer in self.manifest["layers"])

    def blob(self, digest: str) -> dict[str, Any]:
        return self._json(_blob(digest))

    def unpack(self, to: Path) -> None:
        """Lay the layers over each other in `to`."""
        with tarfile.open(self._path) as archive:
            for layer in self.manifest["layers"]:
                blob = archive.extractfile(_blob(layer["digest"]))
                with tarfile.open(fileobj=blob) as files:
                    files.extractall(to, filter="fully_trusted")

    def _json(self, name: str) -> dict[str, Any]:
        with tarfile.open(self._path) as archive:
            file = archive.extractfile(name)
            assert file is not None
            read: dict[str, Any] = json.load(file)
            return read


def _blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a container's process ended and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """An unpacked image, ready to be run any number of times."""

    folder: Path
    configuration: dict[str, Any]

    def run(
        self,
        *arguments: str,
        entrypoint: tuple[str, ...] | None = None,
        stdin: str = "",
        files: dict[str, Path] | None = None,
    ) -> Ran:
        """Run to the end; `entrypoint` stands for the image's own, `files` are bound read-only."""
        starting = entrypoint or tuple(self.configuration["config"]["Entrypoint"])
        specification = self._specification((*starting, *arguments), files or {})
        (self.folder / "config.json").write_text(json.dumps(specification))
        name = f"acuse-test-{uuid4().hex[:8]}"
        state = str(self.folder / "state")
        command = ["runc", "--root", state, "run", "--bundle", str(self.folder), name]
        try:
            ended = subprocess.run(
                command, input=stdin, capture_output=True, text=True, check=False, timeout=300
            )
        finally:
            deleting = ["runc", "--root", state, "delete", "--force", name]
            subprocess.run(deleting, capture_output=True, check=False)
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def _specification(self, command: tuple[str, ...], files: dict[str, Path]) -> dict[str, Any]:
        config = self.configuration["config"]
        user, group = (int(part) for part in config["User"].split(":"))
        nothing: list[str] = []
        return {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": user, "gid": group},
                "args": list(command),
                "env": config["Env"],
                "cwd": config["WorkingDir"],
                "noNewPrivileges": True,
                "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), nothing),
            },
            "root": {"path": "rootfs", "readonly": True},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                _tmpfs("/dev", "strictatime", "mode=755"),
                _tmpfs("/tmp", "nodev", "mode=1777"),
                *(_bind(source, to) for to, source in files.items()),
            ],
            "linux": {"namespaces": [{"type": kind} for kind in _NAMESPACES]},
        }


def _tmpfs(destination: str, *options: str) -> dict[str, Any]:
    mounted = {"destination": destination, "type": "tmpfs", "source": "tmpfs"}
    return {**mounted, "options": ["nosuid", *options]}


def _bind(source: Path, destination: str) -> dict[str, Any]:
    options = ["bind", "ro"]
    return {"destination": destination, "type": "bind", "source": str(source), "options": options}


def bundle(archive: OciArchive, folder: Path) -> Bundle:
    """Unpack an image below `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    archive.unpack(folder / "rootfs")
    return Bundle(folder, archive.configuration)
