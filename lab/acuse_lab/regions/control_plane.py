"""etcd, kube-apiserver and, if asked, kube-controller-manager: an API server without a node.

Plain processes; root is needed by none. `temporary_control_plane` gives one on loopback.
"""

from __future__ import annotations

import json
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from acuse.errors import Unavailable
from acuse_lab.go_tools import ETCD, KUBERNETES, program
from acuse_lab.regions import flags
from acuse_lab.regions.kubeconfig import by_certificate, write_kubeconfig
from acuse_lab.regions.pki import Pki, pki_of
from acuse_lab.regions.place import LOOPBACK, Place, free_ports
from acuse_lab.regions.processes import Process
from acuse_lab.regions.programs import Programs

# Machines with busy disks and two cores take long; nothing here is a verdict on speed.
READY_DEADLINE: Final = 120.0
API_SERVER: Final = "kube-apiserver"
# In the order in which they are ended.
_ALL: Final = ("kube-scheduler", "kube-controller-manager", API_SERVER, "etcd")
_ADMINISTRATORS: Final = "system:masters"


@dataclass(slots=True)
class ControlPlane:
    """A running (or half-stopped) control plane."""

    place: Place
    pki: Pki
    programs: Programs = field(init=False)

    def __post_init__(self) -> None:
        self.programs = Programs(self.place)

    @property
    def url(self) -> str:
        """Return the API server's address."""
        return self.place.server

    @property
    def ca_file(self) -> Path:
        """Return the certificate that the API server's is checked against."""
        return self.pki.authority.pair.certificate

    @property
    def audit_log(self) -> Path:
        """Return the audit log: one JSON event a line, written before the answer."""
        return self.place.audit_log

    # --- life ---------------------------------------------------------------------------------

    def start(self, *, controllers: bool = True) -> None:
        """Start everything and return once the API server is ready."""
        (self.place.folder / "audit-policy.yaml").write_text(flags.AUDIT_POLICY)
        self.place.logs.mkdir(parents=True, exist_ok=True)
        self._write_kubeconfigs()
        self.programs.start("etcd", program(ETCD), flags.etcd(self.place, self.pki))
        self.start_apiserver()
        if controllers:
            self.start_controllers()

    def start_controllers(self) -> None:
        """Start kube-controller-manager; it works as soon as it can."""
        arguments = flags.controller_manager(self.place, self.pki)
        name = "kube-controller-manager"
        self.programs.start(name, program(KUBERNETES, name), arguments)

    def start_scheduler(self) -> None:
        """Start kube-scheduler."""
        arguments = flags.scheduler(self.place, self.pki)
        self.programs.start("kube-scheduler", program(KUBERNETES, "kube-scheduler"), arguments)

    def start_apiserver(self) -> None:
        """Start the API server, also after `kill_apiserver`, and wait until it is ready."""
        arguments = flags.api_server(self.place, self.pki)
        self.programs.start(API_SERVER, program(KUBERNETES, API_SERVER), arguments)
        self.wait_ready()

    def stop_apiserver(self) -> None:
        """End the API server in order; everything else stays."""
        self.programs.stop(API_SERVER)

    def kill_apiserver(self) -> None:
        """End the API server as a crash would; everything else stays."""
        self._running(API_SERVER).kill()

    def pause(self) -> None:
        """Stop the API server's clock: connections stay open and nothing answers."""
        self._running(API_SERVER).signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused API server go on."""
        self._running(API_SERVER).resume()

    def stop(self) -> None:
        """End everything, in order."""
        for name in _ALL:
            self.programs.stop(name)

    def wait_ready(self, *, within: float = READY_DEADLINE) -> None:
        """Return once /readyz says ok; Unavailable if the API server ends or takes too long."""
        until = time.monotonic() + within
        while not self.is_ready():
            for name in ("etcd", API_SERVER):
                if not self.programs.alive(name):
                    raise Unavailable(f"{name} ended: {self.programs.last_words(name)}")
            if time.monotonic() > until:
                raise Unavailable(f"no API server: {self.programs.last_words(API_SERVER)}")
            time.sleep(0.05)

    def is_ready(self, *, within: float = 5.0) -> bool:
        """Tell whether the API server says so within this time."""
        try:
            return self._call("GET", "/readyz", within=within).is_success
        except (httpx.TransportError, Unavailable):
            return False

    # --- users --------------------------------------------------------------------------------

    def kubeconfig(self, user: str = "admin", *, groups: Sequence[str] = ()) -> Path:
        """Return a user's kubeconfig, made now if need be; `admin` may do everything."""
        path = self.place.kubeconfig(user)
        if path.exists():
            return path
        if user == "admin":
            groups = (_ADMINISTRATORS,)
        name = path.stem
        pair = self.pki.authority.client(name, user=user, groups=groups)
        return write_kubeconfig(self.place, user, credentials=by_certificate(pair))

    def kubeconfig_for_service_account(self, namespace: str, name: str) -> Path:
        """Return a kubeconfig with a fresh token of a service account, good for a day."""
        answer = self._call(
            "POST",
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token",
            body={
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {"expirationSeconds": 86_400},
            },
        )
        if not answer.is_success:
            raise Unavailable(f"no token for {namespace}/{name}: {answer.text[:300]}")
        user = f"system:serviceaccount:{namespace}:{name}"
        token = str(answer.json()["status"]["token"])
        return write_kubeconfig(self.place, user, credentials={"token": token})

    def _write_kubeconfigs(self) -> None:
        self.kubeconfig()
        for program_name in ("kube-controller-manager", "kube-scheduler", "kube-proxy"):
            self.kubeconfig(f"system:{program_name}")

    # --- use ----------------------------------------------------------------------------------

    def kubectl(self, *arguments: str, stdin: str | None = None, user: str = "admin") -> str:
        """Run kubectl as a user and return what it printed; Unavailable with its complaint."""
        done = subprocess.run(  # noqa: S603 - our own program
            [
                *(program(KUBERNETES, "kubectl"), f"--kubeconfig={self.kubeconfig(user)}"),
                *arguments,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def audit_events(self) -> list[dict[str, Any]]:
        """Return every event of the audit log so far."""
        if not self.audit_log.exists():
            return []
        # Bytes, since the last line may be half-written; and a name in the middle of one may hold
        # characters that text is split at, such as U+0085.
        whole = self.audit_log.read_bytes().rpartition(b"\n")[0]
        return [json.loads(line) for line in whole.split(b"\n") if line]

    def _running(self, name: str) -> Process:
        process = self.programs.find(name)
        if process is None:
            raise Unavailable(f"{name} was never started")
        return process

    def _call(
        self, method: str, path: str, *, body: object = None, within: float = 10.0
    ) -> httpx.Response:
        checked = ssl.create_default_context(cafile=str(self.ca_file))
        checked.load_cert_chain(self.place.pki / "admin.crt", self.place.pki / "admin.key")
        with httpx.Client(verify=checked, trust_env=False, timeout=within) as client:
            return client.request(method, f"{self.url}{path}", json=body)


@contextmanager
def temporary_control_plane(
    name: str = "acuse-test", *, controllers: bool = True, below: Path | None = None
) -> Generator[ControlPlane, None, None]:
    """Run a control plane on loopback that is gone afterwards, also if we are killed.

    Its folder is made in `below`; left out, where temporary files go.
    """
    folder = Path(tempfile.mkdtemp(prefix="acuse-control-plane-", dir=below))
    place = Place(name, folder, LOOPBACK, free_ports(), tied=True, durable=False)
    plane = ControlPlane(place, pki_of(place))
    try:
        plane.start(controllers=controllers)
        yield plane
    finally:
        plane.stop()
        shutil.rmtree(folder, ignore_errors=True)
