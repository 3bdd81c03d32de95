"""Made-up accounts for transfers: their check digits are right, their entities do not exist."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from stdnum.ar import cbu

_WORDS: Final = (
    "mate", "lago", "tren", "nube", "faro", "luna", "cobre", "trigo", "jarra", "zorro", "piano",
    "viento",
)  # fmt: skip
_LETTERS: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE: Final = 22


@dataclass(frozen=True, slots=True)
class Account:
    """An account: its number at a bank, its number with a payment service, and its alias."""

    cbu: str
    cvu: str
    alias: str


def with_check_digits(branch: str, number: str) -> str:
    """Return the 22 digits of a CBU or CVU from its first seven and its thirteen of the account."""
    return branch + str(cbu.calc_check_digit(branch)) + number + str(cbu.calc_check_digit(number))


def account(chance: random.Random) -> Account:
    """Return a made-up account; no bank has a code from 900 on."""
    number = f"{chance.randrange(10**13):013d}"
    return Account(
        cbu=with_check_digits(f"9{chance.randrange(10**6):06d}", number),
        cvu=with_check_digits(f"0009{chance.randrange(10**3):03d}", number),
        alias=".".join(chance.sample(_WORDS, 3)),
    )


def clearing_code(chance: random.Random) -> str:
    """Return 22 letters and digits, as the clearing house identifies a transfer."""
    return "".join((*chance.choices(_LETTERS, k=_CODE - 2), "7", "Q"))
