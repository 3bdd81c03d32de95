"""The fiscal QR: lenient in its packing, strict in what it believes."""

from __future__ import annotations

import base64
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.reading.interpret import interpret
from acuse.reading.kind import KIND_OF_CODE
from acuse.reading.qr import decode_fiscal
from acuse.reading.values import Kind, Source
from support.reading_pages import page_of_rows

TODAY = date(2026, 11, 23)
FIELDS = {
    "ver": 1,
    "fecha": "2026-11-05",
    "cuit": 30990000022,
    "ptoVta": 3,
    "tipoCmp": 6,
    "nroCmp": 12345,
    "importe": 76799.9,
    "moneda": "PES",
    "ctz": 1,
    "tipoCodAut": "E",
    "codAut": 70417054367476,
}


def packed(**changes: object) -> str:
    return base64.b64encode(json.dumps({**FIELDS, **changes}).encode()).decode()


def address(payload: str, *, host: str = "www.arca.gob.ar", scheme: str = "https") -> str:
    return f"{scheme}://{host}/fe/qr/?p={payload}"


def test_all_of_the_header_is_read() -> None:
    code = decode_fiscal(address(packed()))

    assert code is not None
    assert (code.issued_on, code.amount, code.currency) == (
        date(2026, 11, 5),
        Decimal("76799.90"),
        "ARS",
    )
    assert (code.tax_id, code.kind, code.number) == (
        "30990000022",
        Kind.FACTURA_B,
        "00003-00012345",
    )


@pytest.mark.parametrize(
    "host", ["www.arca.gob.ar", "arca.gob.ar", "www.afip.gob.ar", "afip.gob.ar"]
)
@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
def test_both_offices_addresses_are_known(host: str, scheme: str) -> None:
    assert decode_fiscal(address(packed(), host=host, scheme=scheme)) is not None


@pytest.mark.parametrize(
    "payload",
    [
        packed().rstrip("="),
        packed(extra="??>>~~").replace("+", "-").replace("/", "_"),
        packed().replace("=", "%3D"),
        packed(codAut="70417054367476", cuit="30990000022", importe="76799.90", nroCmp="12345"),
        packed() + "&utm=1",
    ],
    ids=["unpadded", "url-safe", "percent", "numbers as text", "more parameters"],
)
def test_sloppy_packing_is_understood(payload: str) -> None:
    assert decode_fiscal(address(payload)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/fe/qr/?p=" + packed(),
        "https://www.arca.gob.ar.evil.example/fe/qr/?p=" + packed(),
        "ftp://www.arca.gob.ar/fe/qr/?p=" + packed(),
        "https://www.arca.gob.ar/other/?p=" + packed(),
        address("e30="),
        address("!!!"),
        address(packed(cuit=30990000023)),
        address(packed(fecha="1999-01-01")),
        address(packed(fecha="2026-13-45")),
        address(packed(importe="NaN")),
        address(packed(importe=1e300)),
        address(packed(nroCmp=None)),
        address(base64.b64encode(b"[" * 2000).decode()),
        "WIFI:S:casa;T:WPA;P:secreto;;",
        "A" * 100_000,
        "",
    ],
)
def test_what_does_not_hold_up_is_not_believed(text: str) -> None:
    assert decode_fiscal(text) is None


@given(st.text(max_size=200), st.binary(max_size=200))
def test_no_payload_breaks_the_decoder(text: str, raw: bytes) -> None:
    assert decode_fiscal(text) is None
    decode_fiscal(address(base64.b64encode(raw).decode()))


@pytest.mark.parametrize(
    ("document", "number", "expected"),
    [
        (80, 30990000057, "30990000057"),
        ("86", "20990000069", "20990000069"),
        (99, 0, None),
        (96, 12345678, None),
        (80, 30990000051, None),
        (80, 30990000022, None),
        (80, None, None),
    ],
    ids=["cuit", "cuil as text", "nobody", "dni", "check digit", "the issuer", "missing"],
)
def test_the_receiver_is_there_by_cuit_or_cuil(
    document: object, number: object, expected: str | None
) -> None:
    code = decode_fiscal(address(packed(tipoDocRec=document, nroDocRec=number)))

    assert code is not None
    assert code.receiver_tax_id == expected


@pytest.mark.parametrize(
    ("sort", "number", "expected"),
    [
        ("E", 70417054367476, "70417054367476"),
        ("A", "70417054367476", "70417054367476"),
        ("I", 70417054367476, None),
        ("E", 7041705436747, None),
        ("E", "7041705436747x", None),
        (None, None, None),
    ],
)
def test_a_cae_or_caea_has_14_digits(sort: object, number: object, expected: str | None) -> None:
    code = decode_fiscal(address(packed(tipoCodAut=sort, codAut=number)))

    assert code is not None
    assert code.cae == expected


def test_receiver_and_cae_of_the_qr_overrule_the_text() -> None:
    pages = page_of_rows(
        "FACTURA B", "ALMACEN LA QUIMERA S.A.", "CUIT: 30-99000002-2   05/11/2026",
        "Señores: Otro   CUIT: 30-99000008-1", "TOTAL   $ 76.799,90", "CAE: 70417054367499",
    )  # fmt: skip
    named = address(packed(tipoDocRec=80, nroDocRec=30990000057))

    by_qr = interpret(pages, [named], today=TODAY, engine="test")
    by_text = interpret(pages, [address(packed(tipoCodAut=""))], today=TODAY, engine="test")

    assert by_qr.receiver_tax_id is not None
    assert by_qr.cae is not None
    assert (by_qr.receiver_tax_id.value, by_qr.cae.value) == ("30990000057", "70417054367476")
    assert by_qr.amount is not None
    assert by_qr.cae.confidence == by_qr.amount.confidence
    assert by_text.receiver_tax_id is not None
    assert by_text.cae is not None
    assert (by_text.receiver_tax_id.value, by_text.cae.value) == ("30990000081", "70417054367499")


@pytest.mark.parametrize(
    ("moneda", "currency"), [("PES", "ARS"), ("DOL", "USD"), ("060", "EUR"), ("ZZZ", None)]
)
def test_currencies_become_iso_codes(moneda: str, currency: str | None) -> None:
    code = decode_fiscal(address(packed(moneda=moneda)))

    assert code is not None
    assert code.currency == currency


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ((3, 8, 13, 21, 53, 203, 208, 213), Kind.NOTA_CREDITO),
        ((2, 7, 12, 20, 52, 202, 207, 212), Kind.NOTA_DEBITO),
        ((1, 201), Kind.FACTURA_A),
        ((6, 206), Kind.FACTURA_B),
        ((11, 211), Kind.FACTURA_C),
        ((19,), Kind.FACTURA_E),
        ((51,), Kind.FACTURA_M),
        ((4, 9, 15), Kind.RECIBO),
        ((83,), Kind.TICKET),
    ],
)
def test_arcas_codes_become_kinds(codes: tuple[int, ...], kind: Kind) -> None:
    assert {KIND_OF_CODE[code] for code in codes} == {kind}


def test_the_qr_overrules_what_the_letters_say() -> None:
    pages = page_of_rows(
        "ALMACEN LA QUIMERA S.A.",
        "CUIT: 30-99000002-2",
        "Fecha: 06/11/2026",
        "TOTAL   $ 76.199,90",
        source=Source.OCR,
        confidence=0.8,
    )

    reading = interpret(pages, ["otro qr", address(packed())], today=TODAY, engine="test")

    assert reading.amount is not None
    assert (reading.amount.value, reading.amount.evidence.source) == (Decimal("76799.90"), "qr")
    assert reading.amount.confidence >= 0.9
    assert reading.issued_on is not None
    assert reading.issued_on.value == date(2026, 11, 5)
    assert reading.kind.value is Kind.FACTURA_B
    assert reading.vendor is not None
    assert reading.vendor.value == "ALMACEN LA QUIMERA S.A."


def test_a_qr_pasted_on_another_invoice_is_doubted() -> None:
    rows = ("FACTURA B", "OTRA EMPRESA S.A.", "Fecha: 01/10/2026", "IMPORTE TOTAL   $ 10,00")

    reading = interpret(page_of_rows(*rows), [address(packed())], today=TODAY, engine="test")

    assert reading.amount is not None
    assert reading.amount.confidence <= 0.5
