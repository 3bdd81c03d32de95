"""The fiscal QR of an Argentine electronic invoice (RG 4892/2020): exact, yet anyone can print one.

Its address is never followed; every field is checked before it is believed.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from acuse.reading.kind import KIND_OF_CODE
from acuse.reading.number import fiscal_number
from acuse.reading.tax_id import is_tax_id
from acuse.reading.values import Kind

_HOSTS = frozenset({"afip.gob.ar", "www.afip.gob.ar", "arca.gob.ar", "www.arca.gob.ar"})
_OBJECT = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_LONGEST = 4096
_FIRST_YEAR = 2019
# ARCA's table of documents: CUIT and CUIL.
_TAX_DOCUMENTS = frozenset({"80", "86"})
_LARGEST = Decimal(10) ** 13
# ARCA's table of currencies; those that reach invoices in practice.
_CURRENCIES = {
    "PES": "ARS", "DOL": "USD", "002": "USD", "060": "EUR", "012": "BRL", "011": "UYU",
    "033": "CLP", "021": "GBP", "010": "MXN", "032": "COP", "029": "PYG", "031": "BOB",
    "035": "PEN", "009": "CHF", "018": "CAD", "019": "JPY", "064": "CNY", "026": "AUD",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FiscalCode:
    """What the QR says; `text` is its decoded JSON, the evidence of every field.

    `receiver_tax_id` (CUIT or CUIL) and `cae` (CAE or CAEA, 14 digits) are None where it has none.
    """

    issued_on: date
    amount: Decimal
    currency: str | None
    tax_id: str
    kind: Kind | None
    number: str
    receiver_tax_id: str | None
    cae: str | None
    text: str


def decode_fiscal(payload: str) -> FiscalCode | None:
    """Return the fiscal code in a QR's text, or None if it is any other QR or does not hold up."""
    try:
        text = _json_of(payload)
        return _checked(_OBJECT.decode(text), text) if text else None
    except (ValueError, InvalidOperation, RecursionError, msgspec.DecodeError):
        return None


def _json_of(payload: str) -> str:
    """Return the JSON behind `p=`; base64 may be url-safe, unpadded or percent-encoded."""
    if len(payload) > _LONGEST:
        return ""
    address = urlsplit(payload.strip())
    if address.scheme.lower() not in {"http", "https"} or address.hostname not in _HOSTS:
        return ""
    if not address.path.lower().startswith("/fe/qr"):
        return ""
    match = re.search(r"(?:^|&)p=([^&]*)", address.query)
    packed = re.sub(r"[^A-Za-z0-9+/]", "", _standard(unquote(match[1]))) if match else ""
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-8")
    except binascii.Error as exc:
        raise ValueError(str(exc)) from exc


def _standard(packed: str) -> str:
    return packed.replace("-", "+").replace("_", "/").replace(" ", "+")


def _checked(data: dict[str, Any], text: str) -> FiscalCode | None:
    issued_on = date.fromisoformat(str(data.get("fecha"))[:10])
    amount = abs(Decimal(str(data.get("importe")).replace(",", ".")))
    tax_id = re.sub(r"\D", "", str(data.get("cuit")))
    point, serial = _whole(data.get("ptoVta")), _whole(data.get("nroCmp"))
    plausible = issued_on.year >= _FIRST_YEAR and amount.is_finite() and amount < _LARGEST
    if not plausible or not is_tax_id(tax_id):
        return None
    return FiscalCode(
        issued_on=issued_on,
        amount=amount.quantize(Decimal("0.01")),
        currency=_CURRENCIES.get(str(data.get("moneda")).upper()),
        tax_id=tax_id,
        kind=KIND_OF_CODE.get(_whole(data.get("tipoCmp"))),
        number=fiscal_number(point, serial),
        receiver_tax_id=_receiver(data, tax_id),
        cae=_authorization(data),
        text=text,
    )


def _receiver(data: dict[str, Any], issuer: str) -> str | None:
    """Return the receiver's CUIT or CUIL; None for any other document, or a wrong check digit."""
    digits = re.sub(r"\D", "", str(data.get("nroDocRec")))
    is_theirs = str(data.get("tipoDocRec")) in _TAX_DOCUMENTS and digits != issuer
    return digits if is_theirs and is_tax_id(digits) else None


def _authorization(data: dict[str, Any]) -> str | None:
    """Return the CAE or CAEA: 14 digits."""
    code = str(data.get("codAut")).strip()
    is_one = str(data.get("tipoCodAut")).upper() in {"E", "A"}
    return code if is_one and re.fullmatch(r"[0-9]{14}", code) else None


def _whole(value: object) -> int:
    """Return a number that some issuers write as text; raise ValueError for anything else."""
    return int(str(value))
