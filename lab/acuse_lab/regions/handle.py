"""A region as its users see it: where it is reached, and kubectl for it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from acuse.errors import InvalidSettings, LabUnavailable, Unavailable
from acuse_lab.go_tools import HELM, KUBERNETES, program
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.regions.images import pause_image
from acuse_lab.regions.lab import Region
from acuse_lab.regions.node import import_archive
from acuse_lab.regions.region import control_plane_of


@dataclass(frozen=True, slots=True)
class LabRegion:
    """One cluster that the demo and the tests work on: the lab's, or a context of the user's."""

    # Also the name of the context in its kubeconfig.
    name: str
    kubeconfig: Path
    # Where its Gateway is reached; empty while a user's own cluster has none of ours.
    ip: str
    # The host name that the gateway's certificate is for, which pods of the lab resolve.
    host: str
    # What the gateway's certificate is checked against; None is the system's authorities.
    ca_file: Path | None
    # The machine's address that pods can reach; empty where we cannot know it.
    host_ip: str
    # None for a context of the user's.
    region: Region | None = None

    @property
    def gateway_url(self) -> str:
        """Return the Gateway's plain address."""
        return f"http://{self.ip}"

    @property
    def secure_gateway_url(self) -> str:
        """Return the Gateway's address over TLS; connect to `ip`, check against `ca_file`."""
        return f"https://{self.host}"

    @property
    def audit_log(self) -> Path:
        """Return the API server's audit log, one JSON event a line."""
        return self._ours("has no audit log that we can read").place.audit_log

    @property
    def control_plane(self) -> ControlPlane:
        """Return what can be paused, killed and started again, and who may be let in."""
        return control_plane_of(self._ours("has a control plane that is not ours"))

    def log(self, program_name: str) -> Path:
        """Return a program's log; InvalidSettings if it never ran here."""
        place = self._ours("has logs that we cannot read").place
        file = place.logs / f"{program_name}.log"
        if not file.exists():
            known = ", ".join(sorted(each.stem for each in place.logs.glob("*.log")))
            raise InvalidSettings(f"no log of {program_name}: there are {known}")
        return file

    def import_image(self, archive: Path) -> list[str]:
        """Give the cluster the images of an OCI or docker archive; return their names."""
        region = self._ours(f"gets images from its own registry, or by `kind load {archive.name}`")
        return import_archive(region, archive)

    @property
    def test_image(self) -> str:
        """Return an image that every region of the lab has; `serve ADDRESS` answers HTTP."""
        self._ours("has no image of ours")
        return pause_image().name

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as administrator and return what it printed; or Unavailable."""
        return self._run(kubectl_program(), arguments, stdin=stdin)

    def helm(self, *arguments: str) -> str:
        """Run Helm as administrator and return what it printed; or Unavailable."""
        return self._run(helm_program(), arguments)

    def _run(self, tool: Path, arguments: tuple[str, ...], *, stdin: str | None = None) -> str:
        done = subprocess.run(  # noqa: S603 - our own program
            [tool, f"--kubeconfig={self.kubeconfig}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"{tool.name} {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def _ours(self, otherwise: str) -> Region:
        if self.region is None:
            raise LabUnavailable(f"{self.name} is a context of yours: it {otherwise}")
        return self.region


def kubectl_program() -> Path:
    """Return kubectl of the lab's Kubernetes version, built now if it never was."""
    return program(KUBERNETES, "kubectl")


def helm_program() -> Path:
    """Return Helm, built now if it never was."""
    return program(HELM)
