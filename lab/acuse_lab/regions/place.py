"""Where one cluster lives: its folder, addresses and ports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from acuse_lab.ports import free_port

SERVICES: Final = "10.96.0.0/16"
# The first address of SERVICES is the API server's own Service.
API_SERVICE: Final = "10.96.0.1"
DNS_SERVICE: Final = "10.96.0.10"
DOMAIN: Final = "cluster.local"
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the programs of a control plane listen."""

    api: int
    etcd: int
    etcd_peer: int
    controller_manager: int
    scheduler: int


# Inside a network namespace of its own a cluster has the usual ones.
USUAL_PORTS: Final = Ports(6443, 2379, 2380, 10257, 10259)


def free_ports() -> Ports:
    """Return loopback ports that nobody listens on now."""
    return Ports(*(free_port() for _ in range(5)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where one cluster's files are and where it is reached."""

    name: str
    folder: Path
    # Where clients reach the API server.
    address: str
    ports: Ports
    # File of the holder whose namespaces it lives in; None leaves it in ours.
    holder: Path | None = None
    # Its programs end with the thread that started them.
    tied: bool = False
    # Off in tests, where nobody pulls the plug.
    durable: bool = True

    @property
    def server(self) -> str:
        """Return the API server's URL."""
        return f"https://{self.address}:{self.ports.api}"

    @property
    def pki(self) -> Path:
        """Return the folder of keys and certificates."""
        return self.folder / "pki"

    @property
    def logs(self) -> Path:
        """Return the folder of the programs' logs."""
        return self.folder / "logs"

    @property
    def audit_log(self) -> Path:
        """Return the API server's audit log, one JSON event a line."""
        return self.logs / "audit.log"

    def kubeconfig(self, user: str) -> Path:
        """Return where a user's kubeconfig is kept."""
        return self.folder / "kubeconfig" / f"{user.replace(':', '-')}.yaml"
