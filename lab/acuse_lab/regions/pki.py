"""Every certificate that one cluster's programs need, kept in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from acuse_lab.regions.authority import Authority, Pair, authority_in, key_at
from acuse_lab.regions.place import API_SERVICE, DOMAIN, LOOPBACK, Place

_LOCAL = ("localhost", LOOPBACK)
_API_NAMES = tuple(
    f"kubernetes{end}" for end in ("", ".default", ".default.svc", f".default.svc.{DOMAIN}")
)


@dataclass(frozen=True, slots=True)
class Pki:
    """A cluster's authorities and what its programs show one another."""

    authority: Authority
    # Apart from the cluster's: who may log in must not thereby reach the database.
    etcd_authority: Authority
    # Apart as well: it vouches for users by header.
    front_proxy_authority: Authority
    service_accounts: Path
    api_server: Pair
    etcd: Pair
    etcd_client: Pair
    kubelet_client: Pair
    front_proxy: Pair
    controller_manager: Pair
    scheduler: Pair


def pki_of(place: Place) -> Pki:
    """Return a cluster's keys and certificates; those that are not there are made."""
    ours = authority_in(place.pki)
    etcd = authority_in(place.pki / "etcd")
    front_proxy = authority_in(place.pki / "front-proxy")
    return Pki(
        authority=ours,
        etcd_authority=etcd,
        front_proxy_authority=front_proxy,
        service_accounts=key_at(place.pki / "service-accounts.key"),
        api_server=ours.server(
            "kube-apiserver", [*_LOCAL, *_API_NAMES, API_SERVICE, place.address]
        ),
        etcd=etcd.peer("etcd", _LOCAL),
        etcd_client=etcd.client("kube-apiserver", user="kube-apiserver"),
        kubelet_client=ours.client("kubelet-client", user="acuse:api-server-to-kubelet"),
        front_proxy=front_proxy.client("front-proxy-client", user="front-proxy-client"),
        controller_manager=ours.server("kube-controller-manager", _LOCAL),
        scheduler=ours.server("kube-scheduler", _LOCAL),
    )
