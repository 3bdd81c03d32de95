"""buildah, with a storage of our own and in a mount namespace that ends with it.

Nothing of the machine's own images is read or changed, and a build that dies leaves no mount.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from acuse.errors import InvalidSettings
from acuse.settings import cache_dir
from acuse_lab.images.base import base_folder
from acuse_lab.images.running import Runner, Say

_BASE: Final = "localhost/acuse-base:bookworm"
# buildah keeps notes on blobs there whatever it is told; in the namespace it is an empty folder.
_PRIVATELY: Final = (
    *("unshare", "--mount", "--propagation", "private", "sh", "-c"),
    'mkdir -p /var/lib/containers && mount -t tmpfs acuse /var/lib/containers && exec "$@"',
    "sh",
)
_POLICY: Final = '{"default": [{"type": "insecureAcceptAnything"}]}\n'
# Layers of builds long ago are never removed one by one; past this size all are.
_LARGEST: Final = 8 << 30


def missing_parts() -> str:
    """Return why images cannot be built on this machine; nothing if they can."""
    if os.geteuid() != 0:
        return "building images needs root"
    programs = [name for name in ("buildah", "debootstrap", "unshare") if not shutil.which(name)]
    if programs:
        return (
            f"building images needs {' and '.join(programs)}: apt-get install buildah debootstrap"
        )
    return ""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where images are built; every call is one run of buildah."""

    root: Path
    driver: str
    runner: Runner

    def build(
        self, target: str, tag: str, *, context: Path, arguments: dict[str, str], fresh: bool
    ) -> None:
        """Build one target of the context's Containerfile; `fresh` trusts no layer."""
        # Labels only by what the Containerfile says: `--label` marks every layer, also those that
        # later builds take from the cache, and each image's history tells of them.
        said = {"BASE": _BASE, **arguments}
        given = (part for key, value in said.items() for part in ("--build-arg", f"{key}={value}"))
        self._buildah(
            *("bud", "--layers", "--pull-never", "--identity-label=false"),
            *(("--no-cache",) if fresh else ()),
            *("--timestamp", self.runner.environment["SOURCE_DATE_EPOCH"]),
            *given,
            *("--target", target, "--tag", tag, "--file", context / "Containerfile", context),
            doing=f"building {target}",
        )

    def export(self, tag: str, archive: Path, reference: str) -> None:
        """Write an image as an OCI archive that calls it `reference`."""
        self._buildah("push", "--quiet", tag, f"oci-archive:{archive}:{reference}", doing="export")

    def take_base(self, folder: Path) -> None:
        """Take the base into the storage, unless it is there."""
        if not self._answers("inspect", "--type", "image", _BASE):
            file = folder / "Containerfile"
            self._buildah("bud", "--tag", _BASE, "--file", file, folder, doing="taking the base")

    def works(self) -> bool:
        """Whether buildah can use its storage at all."""
        return self._answers("info")

    def _answers(self, *arguments: str) -> bool:
        asking = subprocess.run(  # noqa: S603 - our own arguments
            [*self._command(), *arguments],
            env={**os.environ, **self.runner.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return asking.returncode == 0

    def _buildah(self, command: str, *arguments: str | Path, doing: str) -> None:
        policy = ("--signature-policy", self.root / "policy.json")
        self.runner.run([*self._command(), command, *policy, *arguments], doing=doing)

    def _command(self) -> tuple[str | Path, ...]:
        place = ("--root", self.root / "storage", "--runroot", self.root / "run")
        return (*_PRIVATELY, "buildah", *place, "--storage-driver", self.driver)


def open_workshop(log: Path, say: Say, *, epoch: str) -> Workshop:
    """Return buildah with the base in its storage; InvalidSettings where it cannot be."""
    if missing := missing_parts():
        raise InvalidSettings(missing)
    for driver in ("overlay", "vfs"):
        workshop = _workshop(driver, log, say, epoch)
        if workshop.works():
            workshop.take_base(base_folder(workshop.runner, say))
            return workshop
    raise InvalidSettings("buildah does not work here, with overlay file systems or without")


def _workshop(driver: str, log: Path, say: Say, epoch: str) -> Workshop:
    root = cache_dir() / f"layers-{driver}"
    # An earlier store, whose layers are marked with labels.
    shutil.rmtree(cache_dir() / f"buildah-{driver}", ignore_errors=True)
    if root.exists() and _size(root) > _LARGEST:
        say("removing old layers")
        shutil.rmtree(root)
    (root / "tmp").mkdir(parents=True, exist_ok=True)
    (root / "policy.json").write_text(_POLICY)
    environment = {
        "BUILDAH_ISOLATION": "chroot",
        "SOURCE_DATE_EPOCH": epoch,
        "TMPDIR": str(root / "tmp"),
    }
    return Workshop(root, driver, Runner(log, say, environment))


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))
