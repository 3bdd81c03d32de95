"""KEDA itself, built from its module, beside a control plane: `python -m support.keda` builds it.

It takes a quarter of an hour of two cores, so no quick test asks for it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from acuse_lab.go_tools import GoTool, build, file_of, program
from acuse_lab.ports import free_port
from acuse_lab.regions.authority import Authority, authority_in
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.regions.place import LOOPBACK
from acuse_lab.regions.processes import Command, Process, last_words, start

_MODULE: Final = "github.com/kedacore/keda/v2"
_CRDS: Final = tuple(
    f"{name}.yaml"
    for name in (
        "keda.sh_scaledobjects",
        "keda.sh_scaledjobs",
        "keda.sh_triggerauthentications",
        "keda.sh_clustertriggerauthentications",
        "eventing.keda.sh_cloudeventsources",
        "eventing.keda.sh_clustercloudeventsources",
    )
)
KEDA: Final = GoTool(
    name="keda",
    module=_MODULE,
    programs={name: f"{_MODULE}/cmd/{name}" for name in ("operator", "adapter")},
    minutes=10,
    stamps=(f"{_MODULE}/version.Version={{version}}",),
    files={name: f"config/crd/bases/{name}" for name in _CRDS},
)

NAMESPACE: Final = "keda"
_SERVICE: Final = "keda-metrics-apiserver"
_API: Final = "v1beta1.external.metrics.k8s.io"


@dataclass(slots=True)
class Keda:
    """KEDA's two programs, running."""

    operator: Process
    adapter: Process
    logs: Path

    def said(self) -> str:
        """Return the last lines of both."""
        return "\n".join(last_words(self.logs / f"{name}.log") for name in ("operator", "adapter"))


@contextmanager
def running_keda(plane: ControlPlane) -> Generator[Keda, None, None]:
    """Run KEDA against a control plane, with what it takes to serve external metrics there."""
    folder = plane.place.folder / "keda"
    authority = _certificates(folder)
    grpc, adapter = free_port(), free_port()
    _install(plane, authority, adapter_port=adapter)
    operator = _start_operator(plane, folder, grpc=grpc)
    metrics = _start_adapter(plane, folder, grpc=grpc, port=adapter)
    try:
        yield Keda(operator, metrics, folder)
    finally:
        metrics.stop()
        operator.stop()


def _certificates(folder: Path) -> Authority:
    """Make the one certificate that both programs show each other and the API server."""
    authority = authority_in(folder)
    names = ("localhost", LOOPBACK, "keda-operator", f"{_SERVICE}.{NAMESPACE}.svc")
    pair = authority.peer("tls", names)
    assert (pair.certificate.name, pair.key.name) == ("tls.crt", "tls.key")
    return authority


def _install(plane: ControlPlane, authority: Authority, *, adapter_port: int) -> None:
    for name in _CRDS:
        plane.kubectl("apply", "--server-side", "-f", str(file_of(KEDA, name)))
    certificate = base64.b64encode(authority.pair.certificate.read_bytes()).decode()
    for manifest in _objects(certificate, adapter_port=adapter_port):
        plane.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifest))
    plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")


def _objects(certificate: str, *, adapter_port: int) -> list[dict[str, Any]]:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    # The API server looks the name up itself: no pod and no endpoint is needed.
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": _SERVICE, "namespace": NAMESPACE},
        "spec": {
            "type": "ExternalName",
            "externalName": "localhost",
            "ports": [{"port": adapter_port}],
        },
    }
    api = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": _API},
        "spec": {
            "service": {"name": _SERVICE, "namespace": NAMESPACE, "port": adapter_port},
            "group": "external.metrics.k8s.io",
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "caBundle": certificate,
        },
    }
    return [namespace, service, api]


def _start_operator(plane: ControlPlane, folder: Path, *, grpc: int) -> Process:
    kubeconfig = str(plane.kubeconfig())
    arguments = [
        str(program(KEDA, "operator")),
        f"--cert-dir={folder}",
        f"--metrics-service-bind-address={LOOPBACK}:{grpc}",
        f"--metrics-bind-address={LOOPBACK}:{free_port()}",
        f"--health-probe-bind-address={LOOPBACK}:{free_port()}",
        "--zap-log-level=info",
    ]
    return start(
        Command(
            "keda-operator",
            arguments,
            log=folder / "operator.log",
            environment=_environment(kubeconfig),
            tied=True,
        )
    )


def _start_adapter(plane: ControlPlane, folder: Path, *, grpc: int, port: int) -> Process:
    kubeconfig = str(plane.kubeconfig())
    arguments = [
        str(program(KEDA, "adapter")),
        f"--secure-port={port}",
        f"--bind-address={LOOPBACK}",
        f"--port={free_port()}",
        f"--cert-dir={folder}",
        f"--tls-cert-file={folder / 'tls.crt'}",
        f"--tls-private-key-file={folder / 'tls.key'}",
        f"--metrics-service-address={LOOPBACK}:{grpc}",
        *(
            f"--{flag}={kubeconfig}"
            for flag in (
                "kubeconfig",
                "lister-kubeconfig",
                "authentication-kubeconfig",
                "authorization-kubeconfig",
            )
        ),
    ]
    return start(
        Command(
            "keda-adapter",
            arguments,
            log=folder / "adapter.log",
            environment=_environment(kubeconfig),
            tied=True,
        )
    )


def _environment(kubeconfig: str) -> dict[str, str]:
    # Without WATCH_NAMESPACE, which may be empty, KEDA ends at once.
    return {
        "KUBECONFIG": kubeconfig,
        "WATCH_NAMESPACE": "",
        "POD_NAMESPACE": NAMESPACE,
        "KEDA_CLUSTER_OBJECT_NAMESPACE": NAMESPACE,
        "PATH": "/usr/bin:/bin",
    }


if __name__ == "__main__":
    build(KEDA)
