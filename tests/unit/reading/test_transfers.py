"""What is read from transfer vouchers: the recipient is the party."""

from __future__ import annotations

from datetime import date

import pytest

from acuse.reading.interpret import interpret
from acuse.reading.wire import contract_of
from support.reading_pages import page_of_text

TODAY = date(2026, 11, 23)

WALLET = """
Comprobante de transferencia
Jueves, 12 de noviembre de 2026 a las 14:05 hs
$ 15.000
Motivo: Varios
De
Aurelio Ejemplo
CUIT/CUIL: 20-99000006-9
Billetera Ficticia
Para
Remedios Muestra
CUIT/CUIL: 27-99000007-2
Banco Imaginario
CBU: 0990001300000000000071
Número de operación
99120045871
"""

SIDE_BY_SIDE = """
Transferencia enviada
09/11/2026 11:06
$ 98.760,00
Origen   Destino
Aurelio Ejemplo   Remedios Muestra
20-99000006-9   27-99000007-2
CBU 0990001300000000000011   CBU 0990001300000000000071
Nro. de comprobante: 0099123456
"""

LABELLED = """
Comprobante de transferencia inmediata
Fecha de operación   11:06 AM 05/12/2024
Importe   $ 1.234.567,89
Cuenta débito   CC $ 4099-000-1
Titular cuenta origen   Aurelio Ejemplo
Nombre del destinatario   REMEDIOS MUESTRA
CUIT del destinatario   27990000072
CBU destino   0990001300000000000071
Concepto   Alquileres
Número de transacción   A1B2C3D4E5
"""

SENT_TO = """
¡Listo! Ya enviaste el dinero
Le transferiste a
Remedios Muestra
$ 2.500,50
Alias: remedios.muestra.fic
CVU: 0000003100099000000071
12/nov/2026 - 18:22 hs
Id de la transferencia: 7KX9QZ41
"""

CASES = {
    "wallet": (
        WALLET,
        ("2026-11-12", "15000.00", "Remedios Muestra", "27990000072", "99120045871"),
    ),
    "side_by_side": (
        SIDE_BY_SIDE,
        ("2026-11-09", "98760.00", "Remedios Muestra", "27990000072", "0099123456"),
    ),
    "labelled": (
        LABELLED,
        ("2024-12-05", "1234567.89", "REMEDIOS MUESTRA", "27990000072", "A1B2C3D4E5"),
    ),
    "sent_to": (SENT_TO, ("2026-11-12", "2500.50", "Remedios Muestra", None, "7KX9QZ41")),
}


@pytest.mark.parametrize(("text", "truth"), CASES.values(), ids=CASES)
def test_a_voucher_says_who_got_how_much_and_when(text: str, truth: tuple[str | None, ...]) -> None:
    found = contract_of(interpret(page_of_text(text), [], today=TODAY, engine="test"))

    assert (found["kind"], found["currency"]) == ("transfer", "ARS")
    assert tuple(found[n] for n in ("date", "amount", "vendor", "tax_id", "number")) == truth
