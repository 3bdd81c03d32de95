"""What each program of a control plane is started with; pure."""

from __future__ import annotations

from acuse_lab.regions.authority import Pair
from acuse_lab.regions.pki import Pki
from acuse_lab.regions.place import DOMAIN, LOOPBACK, SERVICES, Place

# Bodies are kept for our own kinds only: a Secret's value must not reach a log.
AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  resources: [{group: coordination.k8s.io, resources: [leases]}]
- level: None
  nonResourceURLs: ["/readyz*", "/livez*", "/healthz*"]
- level: Request
  verbs: [create, update, patch, delete, deletecollection]
  resources: [{group: acuse.dev}]
- level: Metadata
"""


def etcd(place: Place, pki: Pki) -> list[str]:
    """Return etcd's flags: one member, TLS on both sides, reachable from this machine only."""
    client = f"https://{LOOPBACK}:{place.ports.etcd}"
    peer = f"https://{LOOPBACK}:{place.ports.etcd_peer}"
    authority = str(pki.etcd_authority.pair.certificate)
    return [
        f"--data-dir={place.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        *_pair(pki.etcd, "--cert-file", "--key-file"),
        *_pair(pki.etcd, "--peer-cert-file", "--peer-key-file"),
        f"--trusted-ca-file={authority}",
        f"--peer-trusted-ca-file={authority}",
        "--client-cert-auth",
        "--peer-client-cert-auth",
        "--log-level=warn",
        *(() if place.durable else ("--unsafe-no-fsync",)),
    ]


def api_server(place: Place, pki: Pki) -> list[str]:
    """Return kube-apiserver's flags: as a hardened cluster has them, with aggregation."""
    return [
        *_etcd_client(place, pki),
        *_api_address(place),
        *_pair(pki.api_server, "--tls-cert-file", "--tls-private-key-file"),
        f"--client-ca-file={pki.authority.pair.certificate}",
        f"--service-cluster-ip-range={SERVICES}",
        f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
        f"--service-account-key-file={pki.service_accounts}",
        f"--service-account-signing-key-file={pki.service_accounts}",
        "--authorization-mode=Node,RBAC",
        "--anonymous-auth=false",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        *_kubelet_client(pki),
        *_aggregation(pki),
        f"--audit-policy-file={place.folder / 'audit-policy.yaml'}",
        f"--audit-log-path={place.audit_log}",
        # What was answered is in the log; tests count on it.
        "--audit-log-mode=blocking",
        "--audit-log-maxsize=100",
        "--audit-log-maxbackup=1",
        "--profiling=false",
    ]


def controller_manager(place: Place, pki: Pki) -> list[str]:
    """Return kube-controller-manager's flags."""
    authority = pki.authority.pair
    return [
        *_kubeconfig(place, "system:kube-controller-manager"),
        *_pair(pki.controller_manager, "--tls-cert-file", "--tls-private-key-file"),
        f"--secure-port={place.ports.controller_manager}",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={pki.service_accounts}",
        f"--root-ca-file={authority.certificate}",
        *_pair(authority, "--cluster-signing-cert-file", "--cluster-signing-key-file"),
    ]


def scheduler(place: Place, pki: Pki) -> list[str]:
    """Return kube-scheduler's flags."""
    return [
        *_kubeconfig(place, "system:kube-scheduler"),
        *_pair(pki.scheduler, "--tls-cert-file", "--tls-private-key-file"),
        f"--secure-port={place.ports.scheduler}",
    ]


def _pair(pair: Pair, certificate: str, key: str) -> list[str]:
    return [f"{certificate}={pair.certificate}", f"{key}={pair.key}"]


def _etcd_client(place: Place, pki: Pki) -> list[str]:
    return [
        f"--etcd-servers=https://{LOOPBACK}:{place.ports.etcd}",
        f"--etcd-cafile={pki.etcd_authority.pair.certificate}",
        *_pair(pki.etcd_client, "--etcd-certfile", "--etcd-keyfile"),
    ]


def _api_address(place: Place) -> list[str]:
    flags = [
        f"--secure-port={place.ports.api}",
        f"--bind-address={place.address}",
        f"--advertise-address={place.address}",
    ]
    if place.address == LOOPBACK:
        # No pod can reach it there, and Kubernetes refuses such an Endpoints object.
        flags.append("--endpoint-reconciler-type=none")
    return flags


def _kubelet_client(pki: Pki) -> list[str]:
    return [
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={pki.authority.pair.certificate}",
        *_pair(pki.kubelet_client, "--kubelet-client-certificate", "--kubelet-client-key"),
    ]


def _aggregation(pki: Pki) -> list[str]:
    return [
        f"--requestheader-client-ca-file={pki.front_proxy_authority.pair.certificate}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        *_pair(pki.front_proxy, "--proxy-client-cert-file", "--proxy-client-key-file"),
    ]


def _kubeconfig(place: Place, user: str) -> list[str]:
    file = place.kubeconfig(user)
    return [
        f"--kubeconfig={file}",
        f"--authentication-kubeconfig={file}",
        f"--authorization-kubeconfig={file}",
        f"--bind-address={LOOPBACK}",
        # There is one of each: nobody to elect.
        "--leader-elect=false",
    ]
