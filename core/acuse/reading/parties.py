"""A transfer's two parties with their accounts, and the clearing house's own number of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from acuse.reading.accounts import bank_of, find_cbus, is_alias
from acuse.reading.folding import fold
from acuse.reading.picking import Candidate, pick
from acuse.reading.transfer import Cell, cells_of, is_recipient, read_sender
from acuse.reading.values import Line, PageText, Party, Reading, Transfer

_PAYEE = r"DESTINO|DESTINATARI[OA]|BENEFICIARI[OA]|RECEPTORA?|CREDITO|ACREDITAD[AO]"
_PAYER = r"ORIGEN|ORDENANTE|REMITENTE|EMISORA?|DEBITO|DEBITAD[AO]"
# "Banco destino", "CBU de la cuenta de origen", "Alias del destinatario".
_SIDE = (
    rf"(?:\W{{1,3}}(?:DEL? |DE LA )?(?:CUENTA )?(?:DE |DEL )?"
    rf"(?:(?P<payee>{_PAYEE})|(?P<payer>{_PAYER}))\b)?"
)
_ACCOUNT = re.compile(rf"^\W*(?:C[BV]U(?: ?/ ?C[BV]U)?|(?:NRO\.? DE )?CUENTA)\b{_SIDE}")
_ALIAS = re.compile(rf"^\W*ALIAS\b(?: (?:DE )?C[BV]U(?:/C[BV]U)?\b)?{_SIDE}\s*[:.-]*\s*")
_BANK = re.compile(
    rf"^\W*(?:ENTIDAD(?: BANCARIA| FINANCIERA)?\b{_SIDE}\s*[:.-]*\s*|"
    rf"(?:BANCO|BILLETERA|INSTITUCION)(?: ?/ ?[A-Z]{{4,12}})?\b"
    rf"{_SIDE.replace('payee', 'bank_payee').replace('payer', 'bank_payer')}\s*(?:[:.-]\s*|$))"
)
# "Banco destino Banco Austral", all in one cell.
_BANK_OF_SIDE = re.compile(rf"^\W*BANCO (?:DEL? )?(?:(?P<payee>{_PAYEE})|(?P<payer>{_PAYER}))\s+")
_BANK_NAME = re.compile(
    r"^(?:BANCO [A-Z]|BBVA|ICBC|HSBC|BRUBANK|BANCOR\b|MERCADO ?PAGO|UALA\b|NARANJA X|PERSONAL PAY|"
    r"BILLETERA [A-Z]|CUENTA DNI|LEMON\b|PREX\b|MODO\b|BNA\b|SANTANDER|GALICIA\b|BANK )"
)
_LONGEST_BANK = 40
_COELSA_LABEL = re.compile(
    r"COELSA|CODIGO DE IDENTIFICACION|NUMERO DE IDENTIFICACION|N(?:RO|O)?\.? DE IDENTIFICACION|"
    r"IDENTIFICADOR|\bID\b (?:DE )?(?:LA )?(?:TRANSF|OPERACION|TRANSACCION)"
)
_COELSA = re.compile(r"(?<![A-Z\d])(?=[0-9]{0,21}[A-Z])(?=[A-Z]{0,21}[0-9])[A-Z0-9]{22}(?![A-Z\d])")


@dataclass(slots=True)
class _Accounts:
    """What was found of one party's account."""

    cbu: list[Candidate[str]] = field(default_factory=list[Candidate[str]])
    alias: list[Candidate[str]] = field(default_factory=list[Candidate[str]])
    bank: list[Candidate[str]] = field(default_factory=list[Candidate[str]])


def read_transfer(
    pages: Sequence[PageText], *, name: Reading[str] | None, tax_id: Reading[str] | None
) -> Transfer | None:
    """Return both parties of a voucher, the payee by the name and tax id that were read already.

    None where nothing of either was found and no number of the clearing house is there.
    """
    payer, payee = _accounts(cells_of(pages))
    sender_name, sender_id = read_sender(pages)
    found = Transfer(
        payer=_party(sender_name, sender_id, payer, pages),
        payee=_party(name, tax_id, payee, pages),
        coelsa_id=pick(_coelsa_ids(pages), pages),
    )
    return None if found == Transfer() else found


def _party(
    name: Reading[str] | None,
    tax_id: Reading[str] | None,
    accounts: _Accounts,
    pages: Sequence[PageText],
) -> Party | None:
    cbu = pick(accounts.cbu, pages)
    known = bank_of(cbu.value) if cbu else None
    found = Party(
        name=name,
        tax_id=tax_id,
        cbu=cbu,
        alias=pick(accounts.alias, pages),
        bank=pick(accounts.bank, pages)
        or (replace(cbu, value=known) if cbu is not None and known is not None else None),
    )
    return None if found == Party() else found


def _accounts(cells: Sequence[Cell]) -> tuple[_Accounts, _Accounts]:
    """Give each account, alias and bank to the party whose label came last before it."""
    payer, payee = _Accounts(), _Accounts()
    side: _Accounts | None = None
    asked: re.Pattern[str] | None = None
    for cell in cells:
        folded = fold(cell.text)
        named = is_recipient(cell)
        label = next((m for p in _LABELS if (m := p.match(folded))), None)
        own = _own_side(label)
        if own is not None or named is not None:
            side = payee if own == "payee" or (own is None and named) else payer
        pattern = label.re if label else asked
        value = cell.text[label.end() :].strip() if label else cell.text
        # An account that nobody is named for is rather the recipient's.
        into, points = side or payee, 5.5 if side else 2.5
        into.cbu += [Candidate(cbu, points, cell.line) for cbu in find_cbus(cell.text)]
        _take_named(into, pattern, value, Candidate(value, points - 0.4, cell.line))
        if label is None and side is not None:
            _take_unnamed(into, cell)
        asked = label.re if label and not value else None
    return payer, payee


_LABELS = (_ALIAS, _BANK_OF_SIDE, _BANK, _ACCOUNT)


def _own_side(label: re.Match[str] | None) -> str | None:
    """Return "payee" or "payer" where a label names the party itself."""
    groups = label.groupdict() if label else {}
    return next((name.removeprefix("bank_") for name, found in groups.items() if found), None)


def _take_named(
    into: _Accounts, pattern: re.Pattern[str] | None, value: str, found: Candidate[str]
) -> None:
    """Keep a value that its label calls an alias or a bank."""
    if pattern is _ALIAS and is_alias(value, is_named=True):
        into.alias.append(found)
    if pattern in {_BANK, _BANK_OF_SIDE} and _may_be_bank(value):
        into.bank.append(found)


def _take_unnamed(into: _Accounts, cell: Cell) -> None:
    """Keep what looks like an alias or a bank though no word calls it so; the first one counts."""
    if is_alias(cell.text, is_named=False):
        into.alias.append(Candidate(cell.text, 3.6 - 0.4 * len(into.alias), cell.line))
    if _BANK_NAME.match(fold(cell.text)) and _may_be_bank(cell.text):
        into.bank.append(Candidate(cell.text, 4.4 - 0.4 * len(into.bank), cell.line))


def _may_be_bank(text: str) -> bool:
    letters = sum(char.isalpha() for char in text)
    return 3 <= letters >= 0.6 * len(text) and len(text) <= _LONGEST_BANK  # noqa: PLR2004 - ICBC


def _coelsa_ids(pages: Sequence[PageText]) -> Iterator[Candidate[str]]:
    for page in pages:
        for place, line in enumerate(page.lines):
            label = _COELSA_LABEL.search(fold(line.text))
            above = page.lines[place - 1] if place else None
            points = 5.5 if label else 5.0 if above and _is_label(above) else 3.0
            for match in _COELSA.finditer(fold(line.text)):
                value = line.text[match.start() : match.end()]
                if value.isascii():
                    yield Candidate(value, points, line)


def _is_label(line: Line) -> bool:
    return _COELSA_LABEL.search(fold(line.text)) is not None
