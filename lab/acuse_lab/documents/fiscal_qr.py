"""The QR that ARCA asks for on electronic invoices (RG 4892/2020)."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import segno
from PIL import Image

# ARCA's codes of a receiver's document.
_CUIT, _FINAL_CONSUMER = 80, 99


@dataclass(frozen=True, slots=True)
class FiscalFacts:
    """What an invoice's QR says; `number` is point of sale and serial, `receiver` a CUIT or CUIL.

    Without a receiver it is made out to a final consumer, whom nothing identifies.
    """

    issued_on: date
    tax_id: str
    code: int
    number: tuple[int, int]
    total: Decimal
    cae: str
    receiver: str | None = None


def fiscal_address(said: FiscalFacts) -> str:
    """Return the address behind an invoice's QR."""
    point, serial = said.number
    payload = {
        "ver": 1,
        "fecha": said.issued_on.isoformat(),
        "cuit": int(said.tax_id),
        "ptoVta": point,
        "tipoCmp": said.code,
        "nroCmp": serial,
        "importe": float(said.total),
        "moneda": "PES",
        "ctz": 1,
        "tipoDocRec": _FINAL_CONSUMER if said.receiver is None else _CUIT,
        "nroDocRec": int(said.receiver or 0),
        "tipoCodAut": "E",
        "codAut": int(said.cae),
    }
    packed = base64.b64encode(json.dumps(payload, separators=(",", ":")).encode()).decode()
    return f"https://www.arca.gob.ar/fe/qr/?p={packed}"


def qr_modules(text: str) -> list[list[bool]]:
    """Return the rows of a QR of error level M, True where dark, with its quiet zone."""
    rows = segno.make_qr(text, error="m").matrix_iter(border=4)
    return [[bool(module) for module in row] for row in rows]


def qr_image(text: str, *, module: int) -> Image.Image:
    """Return a QR of error level M, `module` pixels a module, with its quiet zone."""
    buffer = io.BytesIO()
    segno.make_qr(text, error="m").save(buffer, kind="png", scale=module, border=4)
    buffer.seek(0)
    return Image.open(buffer).convert("L")
