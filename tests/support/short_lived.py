"""Client certificates that are about to expire."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from acuse_lab.regions.control_plane import ControlPlane


def valid_for(kubeconfig: bytes, plane: ControlPlane, user: str, lifetime: timedelta) -> bytes:
    """Return a kubeconfig whose user logs in by a certificate that is good for so long only."""
    authority = plane.pki.authority.pair
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    signing = serialization.load_pem_private_key(authority.key.read_bytes(), password=None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + lifetime)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(signing, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    document: dict[str, Any] = json.loads(kubeconfig)
    document["users"][0]["user"] = {
        "client-certificate-data": _encoded(certificate.public_bytes(serialization.Encoding.PEM)),
        "client-key-data": _encoded(private),
    }
    return json.dumps(document).encode()


def _encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
