"""The lab's own authority: what it signs, and that it keeps it."""

from __future__ import annotations

import stat
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from acuse_lab.regions.authority import Pair, authority_in, key_at


def read(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes())


def test_a_servers_certificate_is_good_for_its_hosts(tmp_path: Path) -> None:
    authority = authority_in(tmp_path)
    pair = authority.server("api", ["api.example", "10.77.1.2"])
    trusted = PolicyBuilder().store(Store([read(authority.pair)]))

    verifier = trusted.build_server_verifier(x509.DNSName("api.example"))

    assert [each.subject.rfc4514_string() for each in verifier.verify(read(pair), [])] == [
        "CN=api",
        "CN=Acuse lab ca",
    ]


def test_a_client_has_its_user_and_groups_and_may_not_serve(tmp_path: Path) -> None:
    pair = authority_in(tmp_path).client("node", user="system:node:a", groups=["system:nodes"])

    certificate = read(pair)
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert certificate.subject.rfc4514_string() == "CN=system:node:a,O=system:nodes"
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_what_was_signed_is_kept(tmp_path: Path) -> None:
    first = authority_in(tmp_path).server("api", ["a"]).certificate.read_bytes()
    key = key_at(tmp_path / "accounts.key").read_bytes()

    assert authority_in(tmp_path).server("api", ["a"]).certificate.read_bytes() == first
    assert key_at(tmp_path / "accounts.key").read_bytes() == key


def test_keys_are_ours_alone_to_read(tmp_path: Path) -> None:
    authority_in(tmp_path).server("api", ["a"])
    key_at(tmp_path / "accounts.key")

    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("*.key")}
    assert modes == {0o600}
