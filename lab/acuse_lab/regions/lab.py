"""One laboratory: the folder, bridge and addresses that its regions share."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from acuse.errors import InvalidSettings
from acuse_lab.regions.authority import Authority, authority_in
from acuse_lab.regions.place import USUAL_PORTS, Place

FOLDER: Final = Path("/var/lib/acuse/lab")
DOMAIN: Final = "acuse.test"
_NAME: Final = re.compile(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?")
# Of 10.P.N.2: N; region 0 would be the lab's own side.
_MOST: Final = 250


@dataclass(frozen=True, slots=True)
class Lab:
    """A laboratory; two on one machine differ in folder and label."""

    folder: Path = FOLDER
    # What its links and cgroups are called after; at most ten characters.
    label: str = "acuse"
    # Its regions end with the thread that started them.
    tied: bool = False

    @property
    def bridge(self) -> str:
        """Return the name of the bridge that joins its regions and the machine."""
        return f"{self.label}0"

    @property
    def network_file(self) -> Path:
        """Return where it is kept which addresses the lab took."""
        return self.folder / "network.json"

    @property
    def prefix(self) -> str:
        """Return the first half of every address of the lab, as `10.77`."""
        return str(json.loads(self.network_file.read_text())["prefix"])

    @property
    def host_ip(self) -> str:
        """Return the machine's own address on the bridge, which pods can reach."""
        return f"{self.prefix}.0.1"

    def authority(self) -> Authority:
        """Return the authority of the certificates that the regions' gateways show."""
        return authority_in(self.folder / "ca")

    def regions(self) -> list[Region]:
        """Return every region that was ever started and not taken down, half-built ones too."""
        kept = (self.folder / "regions").glob("*/region.json")
        found = [Region(self, file.parent.name, _index(file)) for file in kept]
        return sorted(found, key=lambda region: region.index)

    def region(self, name: str) -> Region:
        """Return one of its regions; InvalidSettings if there is none of this name."""
        for region in self.regions():
            if region.name == name:
                return region
        known = ", ".join(region.name for region in self.regions()) or "none is up"
        raise InvalidSettings(f"no region is called {name} ({known})")

    def claim(self, name: str) -> Region:
        """Return the region of this name, with an address of its own from now on."""
        if not _NAME.fullmatch(name):
            raise InvalidSettings(f"{name!r} cannot be a region's name: up to 30 of a-z, 0-9, -")
        regions = self.regions()
        for region in regions:
            if region.name == name:
                return region
        taken = {region.index for region in regions}
        index = next((n for n in range(1, _MOST + 1) if n not in taken), None)
        if index is None:
            raise InvalidSettings(f"a lab has at most {_MOST} regions")
        region = Region(self, name, index)
        region.folder.mkdir(parents=True, exist_ok=True)
        partial = region.folder / "region.partial"
        partial.write_text(json.dumps({"index": index}))
        partial.rename(region.folder / "region.json")
        return region

    @contextmanager
    def alone(self) -> Generator[None, None, None]:
        """Keep other commands off this lab meanwhile; they wait."""
        parent = self.folder.parent
        parent.mkdir(parents=True, exist_ok=True)
        # The folder above ours: a lock file would be left behind.
        descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def forget(self) -> None:
        """Remove its folder, and the one above if nothing else is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):
            self.folder.parent.rmdir()


@dataclass(frozen=True, slots=True)
class Region:
    """One region of a lab: where it is; not whether it runs."""

    lab: Lab
    name: str
    index: int

    @property
    def folder(self) -> Path:
        """Return where everything of the region is kept."""
        return self.lab.folder / "regions" / self.name

    @property
    def ip(self) -> str:
        """Return the region's address, for its API server and its gateway alike."""
        return f"{self.lab.prefix}.{self.index}.2"

    @property
    def host(self) -> str:
        """Return the host name that the gateway's certificate is for."""
        return f"{self.name}.{DOMAIN}"

    @property
    def link(self) -> str:
        """Return the bridge's end of the region's cable."""
        return f"{self.lab.label}v{self.index}"

    @property
    def cgroup(self) -> str:
        """Return the cgroup of all its pods."""
        return f"{self.lab.label}-{self.name}"

    @property
    def holder_file(self) -> Path:
        """Return the file that the region's holder holds."""
        return self.folder / "holder"

    @property
    def socket(self) -> Path:
        """Return where its containerd listens."""
        return self.folder / "containerd.sock"

    @property
    def place(self) -> Place:
        """Return where its control plane lives."""
        return Place(self.name, self.folder, self.ip, USUAL_PORTS, holder=self.holder_file)


def _index(file: Path) -> int:
    return int(json.loads(file.read_text())["index"])
