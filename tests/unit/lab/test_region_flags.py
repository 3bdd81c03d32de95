"""What a cluster's programs are started with: nothing is left open."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from acuse_lab.regions import flags
from acuse_lab.regions.pki import Pki, pki_of
from acuse_lab.regions.place import LOOPBACK, USUAL_PORTS, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place("one", tmp_path, "10.77.1.2", USUAL_PORTS)


@pytest.fixture
def pki(place: Place) -> Pki:
    return pki_of(place)


def test_nobody_is_trusted_unchecked(place: Place, pki: Pki) -> None:
    everything = [
        *flags.etcd(place, pki),
        *flags.api_server(place, pki),
        *flags.controller_manager(place, pki),
        *flags.scheduler(place, pki),
    ]

    assert [flag for flag in everything if "insecure" in flag or "token-auth" in flag] == []
    assert [flag for flag in everything if "=http://" in flag] == []
    assert "--anonymous-auth=false" in everything
    assert "--client-cert-auth" in everything
    assert "--authorization-mode=Node,RBAC" in everything


def test_who_may_log_in_may_not_thereby_read_the_database(place: Place, pki: Pki) -> None:
    trusted = [flag for flag in flags.etcd(place, pki) if flag.startswith("--trusted-ca-file")]

    assert trusted == [f"--trusted-ca-file={place.pki / 'etcd' / 'ca.crt'}"]
    assert pki.authority.pair.certificate != pki.etcd_authority.pair.certificate


def test_every_file_that_is_named_is_there(place: Place, pki: Pki) -> None:
    given = [*flags.etcd(place, pki), *flags.api_server(place, pki)]
    files = [Path(value) for flag in given if (value := flag.partition("=")[2]).startswith("/")]

    missing = {file.name for file in files if not file.exists()}
    assert missing == {"etcd", "audit-policy.yaml", "audit.log"}


def test_on_loopback_no_endpoint_is_announced_that_no_pod_could_reach(
    tmp_path: Path, pki: Pki
) -> None:
    local = Place("local", tmp_path, LOOPBACK, USUAL_PORTS)

    assert "--endpoint-reconciler-type=none" in flags.api_server(local, pki)


def test_no_secret_gets_into_the_audit_log() -> None:
    rules = yaml.safe_load(flags.AUDIT_POLICY)["rules"]

    with_bodies = [rule for rule in rules if rule["level"] not in {"None", "Metadata"}]
    assert [rule["resources"] for rule in with_bodies] == [[{"group": "acuse.dev"}]]
