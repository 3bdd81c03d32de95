"""Names of businesses and people, folded so that the same one is written one way."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Legal forms that say nothing of who it is; compared after dots are gone ("S.R.L." is "srl").
_LEGAL_FORMS: Final = frozenset(
    {
        *("sa", "sas", "sau", "sca", "scs", "sh", "srl", "saci", "sacif", "sacifi", "saic"),
        *("asoc", "bv", "cia", "coop", "corp", "gmbh", "inc", "llc", "ltd", "ltda", "saicf"),
    }
)
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
# Letters that stand alone are an abbreviation: "s a" is one word, as "S.A." and "SA" are.
_SINGLE_LETTERS = re.compile(r"\b[a-z](?: [a-z])+\b")


def fold(text: str) -> str:
    """Return the words in lower case without accents or punctuation, one space between them."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    words = _NOT_A_WORD.sub(" ", plain).strip()
    return _SINGLE_LETTERS.sub(lambda match: match[0].replace(" ", ""), words)


def name_key(name: str) -> str:
    """Return the name folded and without its legal form; "" when it has no letter or digit.

    "Panadería La Unión S.R.L." and "PANADERIA LA UNION SRL" have the same key.
    """
    words = fold(name).split()
    return " ".join([word for word in words if word not in _LEGAL_FORMS] or words)
