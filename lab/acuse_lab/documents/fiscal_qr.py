"""The QR that ARCA asks for on electronic invoices (RG 4892/2020)."""

from __future__ import annotations

import base64
import io
import json
from datetime import date
from decimal import Decimal

import segno
from PIL import Image


def fiscal_address(
    *, issued_on: date, tax_id: str, code: int, number: tuple[int, int], total: Decimal
) -> str:
    """Return the address behind an invoice's QR; `number` is point of sale and serial."""
    point, serial = number
    payload = {
        "ver": 1,
        "fecha": issued_on.isoformat(),
        "cuit": int(tax_id),
        "ptoVta": point,
        "tipoCmp": code,
        "nroCmp": serial,
        "importe": float(total),
        "moneda": "PES",
        "ctz": 1,
        "tipoDocRec": 99,
        "nroDocRec": 0,
        "tipoCodAut": "E",
        "codAut": 70417054367476,
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
