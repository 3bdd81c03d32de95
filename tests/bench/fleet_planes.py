"""The fleet's clusters: one control plane for the hub and one for each region, all in memory.

Plain API servers and etcd without fsync on a tmpfs: where figures of the clock are compared, a
shared disk would be most of them. No controllers and no nodes: nothing is to run there.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_cluster.kinds import Manifest
from acuse_lab.regions.control_plane import ControlPlane, temporary_control_plane
from acuse_lab.running.in_cluster import NAMESPACE, TENANTS_NAMESPACE
from bench.fleet_audit import AuditTail
from bench.operator_site import COPIES_IN, TENANTS_IN
from bench.processor import spent_by
from bench.result import ROOT

# The operator, in every cluster's audit log.
USER = "bench-operator"
_ADMINISTRATORS = ("system:masters",)
_MEMORY = Path("/dev/shm")
_CRDS = ROOT / "crds"
_NAMESPACES = (NAMESPACE, TENANTS_NAMESPACE, TENANTS_IN, COPIES_IN)


@dataclass(frozen=True, slots=True)
class Member:
    """One cluster of the fleet, and the bench's own client of it, as its administrator."""

    plane: ControlPlane
    api: Api
    # What the operator has written there so far.
    written: AuditTail = field(compare=False)

    @property
    def name(self) -> str:
        """Return the cluster's name, which is the region's."""
        return self.plane.place.name

    @property
    def kubeconfig(self) -> Path:
        """Return what lets the operator in."""
        return self.plane.kubeconfig(USER, groups=_ADMINISTRATORS)

    def processor_seconds(self) -> float:
        """Return what its API server and etcd have used since their start."""
        running = (self.plane.programs.find(name) for name in ("kube-apiserver", "etcd"))
        return sum(spent_by(*(process.pid for process in running if process is not None)))


def folder_in_memory() -> Path | None:
    """Return the machine's tmpfs; None where it has none."""
    return _MEMORY if _MEMORY.is_dir() else None


@contextmanager
def planes_up(names: Sequence[str]) -> Generator[list[ControlPlane], None, None]:
    """Run a control plane for each name with our kinds and namespaces; all are gone afterwards.

    Not to be called from a thread: the programs end with the one that has started them.
    """
    with ExitStack() as stack:
        planes: list[ControlPlane] = []
        for name in names:
            running = temporary_control_plane(name, controllers=False, below=folder_in_memory())
            plane = stack.enter_context(running)
            plane.kubectl("apply", "--server-side", "-f", str(_CRDS))
            planes.append(plane)
        for plane in planes:
            wait = ("wait", "--for=condition=Established", "--timeout=120s", "-f", str(_CRDS))
            plane.kubectl(*wait)
        yield planes


@asynccontextmanager
async def members_of(planes: Sequence[ControlPlane]) -> AsyncGenerator[list[Member], None]:
    """Open a client of each cluster and make the namespaces."""
    async with AsyncExitStack() as stack:
        members: list[Member] = []
        for plane in planes:
            access = await load_access(kubeconfig=str(plane.kubeconfig()))
            api = await stack.enter_async_context(Api(access, agent="acuse-bench"))
            for name in _NAMESPACES:
                await api.create(_namespace(name))
            written = AuditTail(plane.audit_log, user=USER)
            stack.callback(written.close)
            members.append(Member(plane, api, written))
        yield members


def _namespace(name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
