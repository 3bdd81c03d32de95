"""The sentences that explain a match, in each language a tenant may have."""

from __future__ import annotations

from typing import Final

from acuse.tenants.tenant import Locale

_SPANISH: Final = {
    "amount_exact": "El importe es igual: {amount} {currency}.",
    "amount_close": "El importe difiere en {difference} {currency}.",
    "amount_far": "El importe es otro: difiere en {difference} {currency}.",
    "sign_expected": "El signo es el esperado para este comprobante.",
    "sign_either": "Este comprobante puede ser un pago o un cobro.",
    "sign_credit": "Una nota de crédito debería entrar, y el movimiento sale.",
    "sign_payment": "Un pago debería salir, y el movimiento entra.",
    "date_same": "La fecha es la misma.",
    "date_near": "Hay {days} día(s) entre el comprobante y el movimiento.",
    "date_far": "Las fechas están lejos: {days} días.",
    "date_unknown": "El comprobante no muestra una fecha.",
    "tax_id_equal": "La CUIT {tax_id} es la misma.",
    "tax_id_found": "La CUIT {tax_id} está en el movimiento.",
    "tax_id_other": "La CUIT del movimiento es otra ({tax_id}).",
    "vendor_similar": "«{vendor}» se parece a «{name}» ({percent} %).",
    "vendor_other": "«{vendor}» no se encuentra en el movimiento.",
    "vendor_unknown": "El comprobante no muestra quién lo emitió.",
    "number_found": "El número {number} está en el movimiento.",
    "number_absent": "El número {number} no está en el movimiento.",
    "number_unknown": "El comprobante no muestra un número.",
}
_ENGLISH: Final = {
    "amount_exact": "The amount is the same: {amount} {currency}.",
    "amount_close": "The amount differs by {difference} {currency}.",
    "amount_far": "The amount is another one: it differs by {difference} {currency}.",
    "sign_expected": "The sign is the one expected of this document.",
    "sign_either": "This document may be money paid or received.",
    "sign_credit": "A credit note should come in, and the transaction goes out.",
    "sign_payment": "A payment should go out, and the transaction comes in.",
    "date_same": "The date is the same.",
    "date_near": "{days} day(s) lie between the receipt and the transaction.",
    "date_far": "The dates are far apart: {days} days.",
    "date_unknown": "The receipt shows no date.",
    "tax_id_equal": "The tax id {tax_id} is the same.",
    "tax_id_found": "The tax id {tax_id} is in the transaction.",
    "tax_id_other": "The transaction's tax id is another one ({tax_id}).",
    "vendor_similar": '"{vendor}" is like "{name}" ({percent} %).',
    "vendor_other": '"{vendor}" is not found in the transaction.',
    "vendor_unknown": "The receipt does not show who issued it.",
    "number_found": "The number {number} is in the transaction.",
    "number_absent": "The number {number} is not in the transaction.",
    "number_unknown": "The receipt shows no number.",
}
SENTENCES: Final[dict[Locale, dict[str, str]]] = {"es-AR": _SPANISH, "en": _ENGLISH}


def sentence(key: str, locale: Locale, **values: object) -> str:
    """Return one sentence of the explanation, its placeholders filled."""
    return SENTENCES[locale][key].format_map(values)
