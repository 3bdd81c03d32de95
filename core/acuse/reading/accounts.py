"""What names a bank account or wallet: CBU and CVU, alias, and the bank that keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from stdnum.ar import cbu

from acuse.reading.folding import fold

_SHAPE = re.compile(r"(?<![\dA-Z])[0-9](?:[ .-]?[0-9]){21}(?![\dA-Z])")
_ALIAS = re.compile(r"(?=[\d.-]{0,19}[A-Z])[A-Z0-9.-]{6,20}")
# Without a word for it: three words with dots between them, as most aliases are made.
_ALIAS_ALONE = re.compile(r"[A-Z0-9-]{2,12}\.[A-Z0-9-]{2,12}\.[A-Z0-9-]{2,12}")
_NO_ALIAS = re.compile(r"^WWW\.|\.(?:COM|AR|NET|ORG|S\.?A)\.?$|^[\d.]+$")
_LONGEST_ALIAS: Final = 20
# A CVU's first three digits; no bank has them.
_VIRTUAL: Final = "000"
# BCRA's codes of entities: the first three digits of a CBU.
_BANKS: Final = {
    "007": "Banco Galicia", "011": "Banco Nación", "014": "Banco Provincia", "015": "ICBC",
    "017": "BBVA", "020": "Bancor", "027": "Banco Supervielle", "029": "Banco Ciudad",
    "034": "Banco Patagonia", "044": "Banco Hipotecario", "072": "Banco Santander",
    "143": "Brubank", "191": "Banco Credicoop", "285": "Banco Macro", "299": "Banco Comafi",
    "330": "Banco Santa Fe",
}  # fmt: skip


def find_cbus(text: str) -> Iterator[str]:
    """Yield each CBU or CVU of the text, 22 digits, whose two check digits are right.

    Eight digits (entity 3, branch 4, check 1) and fourteen (account 13, check 1). A check digit
    takes the sum of the digits of its part before it, weighted 3, 1, 7, 9, 3 … from the right, to
    the next ten: https://es.wikipedia.org/wiki/Clave_Bancaria_Uniforme, as python-stdnum has it.
    A CVU is checked alike; it begins with 000, and its next four digits are the payment service's
    (BCRA's Communication "A" 6510).
    """
    for match in _SHAPE.finditer(fold(text)):
        digits = re.sub(r"\D", "", match[0])
        if digits.strip("0") and cbu.is_valid(digits):
            yield digits


def is_cvu(digits: str) -> bool:
    """Whether a valid CBU or CVU is the latter: an account with a payment service, no bank."""
    return digits.startswith(_VIRTUAL)


def bank_of(digits: str) -> str | None:
    """Return the bank that a CBU's first three digits name, where it is a well-known one."""
    return _BANKS.get(digits[:3])


def is_alias(text: str, *, is_named: bool) -> bool:
    """Whether it can be an alias: 6 to 20 letters, digits, dots and dashes (BCRA "A" 6044).

    Where no word names it so (`is_named`), only three words with dots between them are taken.
    """
    folded = fold(text)
    shape = _ALIAS if is_named else _ALIAS_ALONE
    is_shaped = (
        len(text) <= _LONGEST_ALIAS and text.isascii() and shape.fullmatch(folded) is not None
    )
    return is_shaped and not _NO_ALIAS.search(folded)
