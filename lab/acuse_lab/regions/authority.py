"""A certificate authority of the lab's own, and what it signs; kept in its folder, made once."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFETIME: Final = timedelta(days=365)
# A machine's clock may be set back a little between two commands.
_BEFORE: Final = timedelta(hours=1)
_SERVES: Final = ExtendedKeyUsageOID.SERVER_AUTH
_CALLS: Final = ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates into one folder; its own lies beside them."""

    pair: Pair

    @property
    def folder(self) -> Path:
        """Return where everything that it signs is kept."""
        return self.pair.certificate.parent

    def server(self, name: str, hosts: Sequence[str]) -> Pair:
        """Sign a certificate for a server at these host names and addresses."""
        return self._issue(name, subject=_subject(name, ()), usages=(_SERVES,), hosts=hosts)

    def client(self, name: str, *, user: str, groups: Sequence[str] = ()) -> Pair:
        """Sign a certificate by which Kubernetes knows a user and its groups."""
        return self._issue(name, subject=_subject(user, groups), usages=(_CALLS,), hosts=())

    def peer(self, name: str, hosts: Sequence[str]) -> Pair:
        """Sign one that serves and calls others of its kind, as etcd's does."""
        return self._issue(name, subject=_subject(name, ()), usages=(_SERVES, _CALLS), hosts=hosts)

    def _issue(
        self,
        name: str,
        *,
        subject: x509.Name,
        usages: Sequence[x509.ObjectIdentifier],
        hosts: Sequence[str],
    ) -> Pair:
        pair = _pair(self.folder, name)
        if pair.certificate.exists():
            return pair
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.load_pem_x509_certificate(self.pair.certificate.read_bytes())
        builder = (
            _started(subject)
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(_usage(signs_others=False), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(_ec_public(issuer)),
                critical=False,
            )
        )
        if hosts:
            names = x509.SubjectAlternativeName([_host(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(_load_key(self.pair.key), hashes.SHA256())
        return _write(pair, certificate, key)


def authority_in(folder: Path, name: str = "ca") -> Authority:
    """Return the authority that keeps its files in `folder`, made now if there is none."""
    pair = _pair(folder, name)
    if pair.certificate.exists():
        return Authority(pair)
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    itself = _subject(f"Acuse lab {name}", ())
    certificate = (
        _started(itself)
        .issuer_name(itself)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_others=True), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    return Authority(_write(pair, certificate, key))


def key_at(path: Path) -> Path:
    """Return a private key, as service accounts' tokens are signed with; made if not there."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_secret(path, _private(ec.generate_private_key(ec.SECP256R1())))
    return path


def _subject(common_name: str, groups: Sequence[str]) -> x509.Name:
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*names, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _started(subject: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _LIFETIME)
    )


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} is not a key of ours")
    return key


def _ec_public(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("the authority's key is not one of ours")
    return key


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _pair(folder: Path, name: str) -> Pair:
    return Pair(folder / f"{name}.crt", folder / f"{name}.key")


def _write(pair: Pair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    _write_secret(pair.key, _private(key))
    # Last, and whole: where the certificate is, the pair is.
    partial = pair.certificate.with_suffix(".partial")
    partial.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    partial.rename(pair.certificate)
    return pair


def _write_secret(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    partial.rename(path)
