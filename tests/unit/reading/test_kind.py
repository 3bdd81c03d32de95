"""What a document is, by its code, heading, letter and words."""

from __future__ import annotations

import pytest

from acuse.reading.kind import read_kind
from acuse.reading.values import Kind
from support.reading_pages import page_of_rows

LOCAL = ("CUIT: 30-99000002-2", "IVA RESPONSABLE INSCRIPTO", "TOTAL   $ 100,00")
DOCUMENTS = {
    "code": (("ORIGINAL", "B", "COD. 006", "FACTURA", *LOCAL), Kind.FACTURA_B),
    "heading": (("FACTURA A", *LOCAL), Kind.FACTURA_A),
    "quoted letter": (('FACTURA "C"', *LOCAL), Kind.FACTURA_C),
    "letter in its box": (("ACME S.A.   M   FACTURA", *LOCAL), Kind.FACTURA_M),
    "credit note": (("NOTA DE CRÉDITO B", *LOCAL), Kind.NOTA_CREDITO),
    "debit note": (("NOTA DE DEBITO A", *LOCAL), Kind.NOTA_DEBITO),
    "receipt": (("RECIBO X", *LOCAL), Kind.RECIBO),
    "monotributo": (("FACTURA", "Responsable Monotributo", *LOCAL), Kind.FACTURA_C),
    "ticket": (("TIQUE", "P.V. Nº 0001", *LOCAL, "SU VUELTO   5,00"), Kind.TICKET),
    "ticket invoice": (("TIQUE FACTURA B", *LOCAL), Kind.FACTURA_B),
    "no invoice": (("ACME", *LOCAL, "Comprobante no válido como factura"), Kind.TICKET),
    "transfer": (("Transferencia enviada", "Destinatario", "CBU 0990", "$ 10,00"), Kind.TRANSFER),
    "abroad": (("TAX INVOICE", "GST NO 123", "TOTAL RM   9.00", "CASH   10.00"), Kind.FOREIGN),
    "greeting": (("Hola, te mando la foto", "del perro"), Kind.NONE),
    "nothing": ((), Kind.NONE),
}


@pytest.mark.parametrize(("rows", "kind"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_is_told_by_its_words(rows: tuple[str, ...], kind: Kind) -> None:
    assert read_kind(page_of_rows(*rows)).value is kind
