"""What is read from the words of Argentine documents of every kind."""

from __future__ import annotations

from datetime import date

import pytest

from acuse.reading.interpret import interpret
from acuse.reading.wire import contract_of
from support.reading_pages import page_of_text

TODAY = date(2026, 11, 23)

FACTURA_C = """
ORIGINAL
Gómez Inventado Lucía   C   FACTURA
COD. 011
Razón Social: GOMEZ INVENTADO LUCIA   Punto de Venta: 00002   Comp. Nro: 00000431
Fecha de Emisión: 14/03/2025
Domicilio Comercial: Calle Falsa 123 Piso:2 - Ciudad de Buenos Aires   CUIT: 27990000072
Ingresos Brutos: 27990000072
Condición frente al IVA: Responsable Monotributo   Fecha de Inicio de Actividades: 01/06/2018
Período Facturado Desde: 01/03/2025 Hasta: 31/03/2025   Fecha de Vto. para el pago: 24/03/2025
CUIT: 30990000057   Apellido y Nombre / Razón Social: DISTRIBUIDORA MACONDO S.A.
Condición frente al IVA: IVA Responsable Inscripto   Domicilio: Siempreviva 742 - La Plata
Condición de venta: Otra
Código Producto / Servicio   Cantidad   U. Medida   Precio Unit.   % Bonif   Imp. Bonif.   Subtotal
Honorarios profesionales marzo   1,00   unidades   350000,00   0,00   0,00   350000,00
Subtotal: $   350000,00
Importe Otros Tributos: $   0,00
Importe Total: $   350000,00
CAE N°: 75117054367476
Fecha de Vto. de CAE: 24/03/2025
Comprobante Autorizado
Pág. 1/1
"""

FACTURA_A = """
ORIGINAL
MOLINOS DE VIENTO SOFTWARE S.A.   A   FACTURA
Cod. 01   Nº 0005-00012877
Av. Quijote 1605 - CABA   Fecha: 02/10/2026
C.U.I.T.: 33-99000004-8
Ing. Brutos: 901-123456-7   Inicio de Actividades: 01/05/2009
Señor(es): DISTRIBUIDORA MACONDO S.A.
C.U.I.T.: 30-99000005-7   Condición de IVA: Responsable Inscripto
Descripción   Cant.   P. Unitario   Importe
Licencia anual   2   100.000,00   200.000,00
Importe Neto Gravado: $   200.000,00
IVA 21%: $   42.000,00
Percepción IIBB CABA 3%: $   6.000,00
Importe Total: $   248.000,00
CAE: 76401234567890   Vto. CAE: 12/10/2026
"""

FACTURA_E = """
FACTURA E
COD. 019
Estudio Contable Utopia S.A.S.
CUIT: 30-99000003-0
Punto de Venta: 00004   Comp. Nro: 00000018
Fecha de Emisión: 30/09/2026
Cliente: Acme Widgets LLC   Delaware, United States
Divisa: USD
Consulting services   1,00   1.500,00   1.500,00
Importe Total: USD   1.500,00
Tipo de cambio: $ 1.380,00
CAE: 76391234567899
"""

NOTA_CREDITO = """
NOTA DE CREDITO
B   COD. 008
ALMACEN LA QUIMERA S.A.
CUIT: 30-99000002-2   Nro: 00012-00000057
Fecha: 18/10/2026
A CONSUMIDOR FINAL
YERBA MATE 1KG   4.350,50
TOTAL   $ 4.350,50
"""

SUPERMARKET = """
ALMACEN LA QUIMERA S.A.
CUIT: 30-99000002-2
Av. Imaginaria 4567 - Córdoba
IVA RESPONSABLE INSCRIPTO
TIQUE
P.V. Nº 0012   NRO. T. 00034567
Fecha 17/10/26   Hora 18:42
2 x 4.350,50
YERBA MATE 1KG   (21,00)   8.701,00
AZUCAR 1KG   (21,00)   1.290,00
DESCUENTO 10%   -129,00
SUBTOTAL   9.862,00
TOTAL   9.862,00
EFECTIVO   10.000,00
SU VUELTO   138,00
GRACIAS POR SU COMPRA
"""

FUEL = """
ESTACION DE SERVICIO EL FENIX S.R.L.
RUTA 9 KM 123
C.U.I.T. NRO: 30-99000008-1
TIQUE FACTURA B
Nro. P.V.: 00007   Nro.: 00098120
FECHA: 05/11/2026   HORA: 07:51
INFINIA DIESEL
32,15 x 1.589,00   51.086,35
TOTAL A PAGAR   $ 51.086,35
TARJETA VISA   51.086,35
IVA Contenido   $ 8.866,23
"""

RECIBO = """
RECIBO   X   DOCUMENTO NO VALIDO COMO FACTURA
Ferretería Babel S.R.L.
CUIT 30-99000008-1
Nº 0001-00000912
Fecha: 3 de noviembre de 2026
Recibimos de Aurelio Ejemplo la suma de pesos quince mil
En concepto de: alquiler de herramientas
TOTAL: $ 15.000
"""

CASES = {
    "factura_c": (
        FACTURA_C,
        {
            "kind": "factura_c",
            "date": "2025-03-14",
            "amount": "350000.00",
            "currency": "ARS",
            "vendor": "GOMEZ INVENTADO LUCIA",
            "tax_id": "27990000072",
            "number": "00002-00000431",
        },
    ),
    "factura_a": (
        FACTURA_A,
        {
            "kind": "factura_a",
            "date": "2026-10-02",
            "amount": "248000.00",
            "currency": "ARS",
            "vendor": "MOLINOS DE VIENTO SOFTWARE S.A.",
            "number": "00005-00012877",
        },
    ),
    "factura_e": (
        FACTURA_E,
        {
            "kind": "factura_e",
            "date": "2026-09-30",
            "amount": "1500.00",
            "currency": "USD",
            "vendor": "Estudio Contable Utopia S.A.S.",
            "number": "00004-00000018",
        },
    ),
    "nota_credito": (
        NOTA_CREDITO,
        {
            "kind": "nota_credito",
            "date": "2026-10-18",
            "amount": "4350.50",
            "currency": "ARS",
            "vendor": "ALMACEN LA QUIMERA S.A.",
            "number": "00012-00000057",
        },
    ),
    "supermarket": (
        SUPERMARKET,
        {
            "kind": "ticket",
            "date": "2026-10-17",
            "amount": "9862.00",
            "currency": "ARS",
            "vendor": "ALMACEN LA QUIMERA S.A.",
            "number": "00012-00034567",
            "category": "groceries",
        },
    ),
    "fuel": (
        FUEL,
        {
            "kind": "factura_b",
            "date": "2026-11-05",
            "amount": "51086.35",
            "currency": "ARS",
            "vendor": "ESTACION DE SERVICIO EL FENIX S.R.L.",
            "number": "00007-00098120",
            "category": "fuel",
        },
    ),
    "recibo": (
        RECIBO,
        {
            "kind": "recibo",
            "date": "2026-11-03",
            "amount": "15000.00",
            "currency": "ARS",
            "vendor": "Ferretería Babel S.R.L.",
            "number": "00001-00000912",
        },
    ),
}


@pytest.mark.parametrize(("text", "truth"), CASES.values(), ids=CASES)
def test_a_document_says_what_a_person_reads_in_it(text: str, truth: dict[str, str]) -> None:
    reading = interpret(page_of_text(text), [], today=TODAY, engine="test")

    found = contract_of(reading)
    assert {name: found[name] for name in truth} == truth
