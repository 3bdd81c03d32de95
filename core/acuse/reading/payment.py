"""How a receipt was paid: the method, a card's last digits, and what was added as a tip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from acuse.reading.folding import fold
from acuse.reading.money import find_money
from acuse.reading.picking import Candidate, pick
from acuse.reading.rows import COLUMN
from acuse.reading.values import PageText, PaymentMethod, Reading

# Of "forma de pago" engines lose a letter now and then. "Condición de venta" is what ARCA's own
# service calls it; "contado" is paid at once.
_ASKED = re.compile(
    r"^\W*(?:[A-Z]{4,7} DE (?:PAGO|COBRO)|COND(?:ICION(?:ES)?)?\.? ?"
    r"(?:DE )?(?:VENTA|VTA|PAGO)\.?|PAYMENT(?: (?:METHOD|TYPE|MODE|BY))?|PAY(?:ED)? (?:BY|MODE)|"
    r"PAID (?:BY|WITH)|TENDER(?: TYPE)?|(?:SU )?PAGO(?: CON| EN)?|ABONA(?:DO)?(?: CON| EN)?|"
    r"PAGADO(?: CON| EN)?|RECIBI(?:MOS)?|TRANSACTION TYPE|OPERACION|COMPRA)\b\s*[:.-]*\s*"
)
_LEAD = r"^\W*(?:\d{1,2}\s?[X)]\s?)?"
_BRAND = r"(?:VISA|MASTER ?CARD|MASTER|CABAL|NARANJA|MC)"
_CARD = r"(?:TARJETA|TARJ\.?|TJ\.?|CARD)"
# The first that fits names the method; what is no payment comes first.
_NOT = re.compile(
    r"^\W*(?:NOTA DE|DEBITO AUTOM|CASH (?:BILL|SALES?|MEMO|INVOICE|RECEIPT|BACK)|CASHIER|"
    r"CHEQUEO|CREDITO FISCAL|DEBITO FISCAL|TRANSFERENCIA (?:FISCAL|DE)|CUENTA (?:DEBITO|ORIGEN)|"
    r"CARD (?:NO|NUM|HOLDER|EXP|MEMBER)|VISA INFO|SALDO|CREDIT NOTE|DEBIT NOTE)"
)
_METHODS: tuple[tuple[PaymentMethod, re.Pattern[str]], ...] = (
    (
        PaymentMethod.DEBIT_CARD,
        re.compile(
            rf"{_LEAD}(?:{_CARD} (?:DE )?DEB(?:ITO)?\b|{_BRAND} DEB(?:ITO?)?\b|T\.? ?DEB(?:ITO)?\b|"
            rf"MAESTRO|ELECTRON|VISA ELECTRON|DEBIT(?:O)?(?: CARD)?\b|DEBITO)"
        ),
    ),
    (
        PaymentMethod.CREDIT_CARD,
        re.compile(
            rf"{_LEAD}(?:{_CARD} (?:DE )?CRED(?:ITO)?\b|{_BRAND} CRED(?:ITO?)?\b|"
            rf"T\.? ?CRED(?:ITO)?\b|CREDIT(?:O)?(?: CARD)?\b|AMEX|AMERICAN EXPRESS|DINERS)"
        ),
    ),
    (
        PaymentMethod.WALLET,
        re.compile(
            rf"{_LEAD}(?:MERCADO ?PAGO|\bMODO\b|BILLETERA|CUENTA DNI|UALA\b|PERSONAL PAY|"
            rf"(?:PAGO )?(?:CON )?QR\b|E-?WALLET|APPLE PAY|GOOGLE PAY|PAYPAL|GRAB ?PAY|"
            rf"TOUCH ?'?N ?GO|BOOST\b|ALIPAY|WALLET)"
        ),
    ),
    (PaymentMethod.TRANSFER, re.compile(rf"{_LEAD}(?:TRANSF(?:ERENCIA|\.)?\b|BANK TRANSFER)")),
    (PaymentMethod.CHECK, re.compile(rf"{_LEAD}(?:E-?)?CHEQ(?:UE)?S?\b")),
    (
        PaymentMethod.ACCOUNT,
        re.compile(rf"{_LEAD}(?:CUENTA CORRIENTE|CTA\.? ?(?:CTE|CORRIENTE)|ON ACCOUNT|C/C\b)"),
    ),
    (PaymentMethod.CARD, re.compile(rf"{_LEAD}(?:{_CARD}S?\b|{_BRAND}\b)")),
    (
        PaymentMethod.CASH,
        re.compile(rf"{_LEAD}(?:(?:EN |PESOS )?EFECTIVO|EFVO\b|CASH\b|TUNAI|CONTADO|ESPECES)"),
    ),
)
_TIP = re.compile(r"^\W*(?:PROPINA|TIPS?\b|GRATUITY|POURBOIRE)")
_NO_TIP = re.compile(r"SUGERID|SUGGEST|INCLUI|INCLUD|OPCION|VOLUNTARI|GUIDE|\bNO\b|TOTAL|BEFORE")
# Digits of the card's number that are not printed; a mask of two signs needs a word beside it.
_MASKED = re.compile(
    r"(?<![*X#\u2022A-Z])(?P<mask>[*X#\u2022]{2}[*X#\u2022. -]{0,40})"
    r"(?P<tail>[0-9]{4})(?!\d|\s?[*])"
)
_ENDING = re.compile(
    r"(?:TERMINAD[AO]S? (?:EN|CON)|FINALIZAD?A? EN|ENDING(?: IN| WITH)?|"
    r"ULTIMOS (?:4|CUATRO)(?: DIGITOS)?|LAST (?:4|FOUR)(?: DIGITS)?)\s?[:.*#-]*\s?([0-9]{4})(?!\d)"
)
_CARD_WORD = re.compile(
    rf"\b{_CARD}|\b{_BRAND}\b|AMEX|MAESTRO|DEBIT|CREDIT|CUPON|\bAUT\b|\bAUTH|CONTACTLESS|\bLOTE\b"
)
_ACCOUNT_WORD = re.compile(r"CUENTA|\bCTA\b|\bC[BV]U\b|ACCOUNT|\bCAJA\b|TELEF|\bTEL\b")
_SHORT_MASK = 3


def read_payment_method(pages: Sequence[PageText]) -> Reading[PaymentMethod] | None:
    """Return how it was paid, or None if no row says it; an amount of zero is no payment."""
    return pick(_methods(pages), pages)


def _methods(pages: Sequence[PageText]) -> Iterator[Candidate[PaymentMethod]]:
    for page in pages:
        for place, line in enumerate(page.lines):
            amounts = [m.value for m in find_money(line.text) if m.is_amount]
            if amounts and not any(amounts):
                continue
            late = 0.3 * place / len(page.lines)
            cells = fold(line.text).split(COLUMN)
            for cell, before in zip(cells, ["", *cells], strict=False):
                asked = _ASKED.match(cell)
                text = cell[asked.end() :] if asked else cell
                method = _method(text)
                if method is None:
                    continue
                is_answer = asked is not None or _ASKED.fullmatch(before) is not None
                points = 4.6 if is_answer else 3.8 if amounts else 2.4
                points -= 1.0 if text.lstrip().startswith("CONTADO") else 0.0
                yield Candidate(method, points + late, line)


def _method(text: str) -> PaymentMethod | None:
    if _NOT.match(text):
        return None
    return next((method for method, words in _METHODS if words.match(text)), None)


def read_card_tail(pages: Sequence[PageText]) -> Reading[str] | None:
    """Return the last four digits of the card, or None; an account's number is not one."""
    return pick(_tails(pages), pages)


def _tails(pages: Sequence[PageText]) -> Iterator[Candidate[str]]:
    for page in pages:
        for place, line in enumerate(page.lines):
            folded = fold(line.text)
            around = page.lines[max(place - 2, 0) : place + 3]
            has_card = any(_CARD_WORD.search(fold(other.text)) for other in around)
            if _ACCOUNT_WORD.search(folded) and not _CARD_WORD.search(folded):
                continue
            for match in _ENDING.finditer(folded):
                yield Candidate(match[1], 4.0 + (1.5 if has_card else 0.0), line)
            for match in _MASKED.finditer(folded):
                is_long = len(re.sub(r"[. -]", "", match["mask"])) >= _SHORT_MASK
                if is_long or has_card:
                    points = 3.6 if is_long else 2.6
                    yield Candidate(match["tail"], points + (1.6 if has_card else 0.0), line)


def read_tip(pages: Sequence[PageText]) -> Reading[Decimal] | None:
    """Return what was given to the staff, positive; None where a tip is only suggested."""
    return pick(_tips(pages), pages)


def _tips(pages: Sequence[PageText]) -> Iterator[Candidate[Decimal]]:
    for page in pages:
        for line in page.lines:
            folded = fold(line.text)
            if not _TIP.match(folded) or _NO_TIP.search(folded):
                continue
            amounts = [m.value for m in find_money(line.text) if m.is_amount and m.value > 0]
            yield from (Candidate(amount, 5.0, line) for amount in amounts[-1:])
