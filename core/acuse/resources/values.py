"""Values that resources are made of, each with the pattern and the words its CRD has too."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Matching:
    """Text of a pattern; what does not match is refused in words instead of by the pattern."""

    pattern: str
    says: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the check for pydantic, behind the checks of type and length."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        # `\\Z`, because Python's `$` lets a newline pass that Go's does not.
        if re.search(f"{self.pattern[:-1]}\\Z", value) is None:
            raise PydanticCustomError("format", "{says}", {"says": self.says})
        return value


# Kubernetes' own rules for names: an RFC 1123 label, and a subdomain.
Label = Annotated[
    str,
    Field(min_length=1, max_length=63),
    Matching(
        "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
        "must be a name of lowercase letters, digits and '-', at most 63 characters",
    ),
]
Subdomain = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Matching(
        "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        "must be a name of lowercase letters, digits, '-' and '.', at most 253 characters",
    ),
]
SecretKey = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Matching("^[A-Za-z0-9_.-]+$", "must be a Secret's key: letters, digits, '-', '_' and '.' only"),
]
# Meta's ids are decimal digits; as YAML numbers they would lose leading zeros, so they are quoted.
MetaId = Annotated[
    str,
    Field(min_length=1, max_length=32),
    Matching("^[0-9]+$", "must be Meta's id: 1 to 32 digits, in quotes"),
]
GraphVersion = Annotated[
    str,
    Field(max_length=6),
    Matching("^v[1-9][0-9]{0,2}[.][0-9]$", "must be a version of the Graph API such as v26.0"),
]
DisplayName = Annotated[
    str,
    Field(min_length=1, max_length=200),
    # Control characters are no name, and PostgreSQL keeps no NUL.
    Matching(r"^[^\x00-\x1f\x7f]*$", "must not have line breaks or other control characters"),
]
Currency = Annotated[
    str,
    Field(max_length=3),
    Matching("^[A-Z]{3}$", "must be a currency's three capital letters such as ARS"),
]
TemplateName = Annotated[
    str,
    Field(min_length=1, max_length=512),
    Matching("^[a-z0-9_]+$", "must be a template's name: lowercase letters, digits and '_'"),
]
Jurisdiction = Annotated[
    str,
    Field(max_length=6),
    Matching(
        "^[A-Z]{2}(-[A-Z0-9]{1,3})?$",
        "must be a country's two capital letters such as AR, or a part of it such as US-CA",
    ),
]
BaseUrl = Annotated[
    str,
    Field(max_length=300),
    Matching(
        "^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$",
        "must be https://HOST or https://HOST:PORT, without a path or a slash at the end",
    ),
]
StoreUrl = Annotated[
    str,
    Field(max_length=1024),
    Matching(
        "^[a-z][a-z0-9+.-]*://[^ @]*$",
        "must be a URL such as s3://BUCKET/PREFIX or file:///FOLDER, without credentials",
    ),
]
Host = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Matching(
        "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$",
        "must be a host's name, with a port if it is not the usual one",
    ),
]
LabelValue = Annotated[
    str,
    Field(max_length=63),
    Matching(
        "^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$",
        "must be a label's value: letters, digits, '-', '_' and '.', at most 63 characters",
    ),
]
Digest = Annotated[
    str,
    Field(max_length=64),
    Matching("^[0-9a-f]{8,64}$", "must be 8 to 64 hexadecimal digits"),
]
Uid = Annotated[
    str,
    Field(min_length=1, max_length=64),
    Matching("^[A-Za-z0-9-]+$", "must be an object's uid"),
]
Port = Annotated[int, Field(ge=1, le=65535)]
# What is counted up for as long as the object lives.
Count = Annotated[int, Field(ge=0)]


def _written(value: object) -> object:
    """Return a quantity as text: YAML makes `2` a number and `2Gi` a text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Cpu = Annotated[
    str,
    BeforeValidator(_written),
    Field(max_length=8),
    Matching(
        "^([1-9][0-9]{0,3}([.][0-9]{1,3})?|0[.][0-9]{1,3}|[1-9][0-9]{0,5}m)$",
        "must be an amount of processors such as 2, 0.5 or 500m",
    ),
]
Memory = Annotated[
    str,
    BeforeValidator(_written),
    Field(max_length=16),
    Matching(
        "^[1-9][0-9]{0,12}([.][0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti)?$",
        "must be an amount of memory such as 512Mi or 2Gi",
    ),
]

_UNITS: Final[dict[str, Decimal]] = {
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}


def amount(quantity: str) -> Decimal:
    """Return a Cpu or Memory as a number of processors or bytes."""
    digits = quantity.rstrip("mkKMGTi")
    return Decimal(digits) * _UNITS.get(quantity[len(digits) :], Decimal(1))


def _network(value: str) -> str:
    # A mask written as an address is Python's alone, and so is an address without a mask.
    if re.fullmatch(r"[0-9a-fA-F:.]+/[0-9]+", value) is not None:
        try:
            ip_network(value, strict=False)
        except ValueError:
            pass
        else:
            return value
    raise PydanticCustomError("format", "must be a network such as 10.20.0.0/16")


Cidr = Annotated[str, Field(max_length=43), AfterValidator(_network)]


def _cut(limit: int) -> BeforeValidator:
    """Return a check that shortens what is too long, for words that came from elsewhere."""

    def shorten(text: object) -> object:
        if isinstance(text, str) and len(text) > limit:
            return f"{text[: limit - 1]}…"
        return text

    return BeforeValidator(shorten)


# What a status says to people; a status must not be refused for the length of an error's text.
Message = Annotated[str, _cut(1024), Field(max_length=1024)]
# As long as metav1.Condition allows.
LongMessage = Annotated[str, _cut(32768), Field(max_length=32768)]
Word = Annotated[str, _cut(253), Field(max_length=253)]
