"""What a document says according to whoever labelled it: a JSON file beside it.

Three formats are known: that of `acuse read --json` (fields that are left out are not judged, null
says that there is none), SROIE's (`key`: company, date, total) and invoice2data's (a list of one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

import msgspec

from acuse.errors import InvalidRequest
from acuse.reading.dates import find_dates
from acuse.reading.money import find_money
from acuse.reading.wire import CONTRACT_FIELDS

# The parts of a transfer, by names with their party.
_PARTIES: Final = ("payer", "payee")
_PARTS: Final = ("name", "tax_id", "cbu", "alias", "bank")
TRANSFER_FIELDS: Final = (
    *(f"{party}.{part}" for party in _PARTIES for part in _PARTS),
    "coelsa_id",
)
FIELDS: Final = ("kind", *CONTRACT_FIELDS, "taxes", *TRANSFER_FIELDS)
_NOTHING: Final = f"a label has none of {', '.join(FIELDS)}"


class _Item(msgspec.Struct):
    """What an item is known by; the rest of it is not judged."""

    amount: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What is right, by field: text as `acuse read --json` gives it, None for none there.

    `items`, each with `amount` and `description`, is None where they were not labelled.
    """

    fields: Mapping[str, str | None]
    items: tuple[Mapping[str, str], ...] | None = None


def read_label(text: bytes) -> Label:
    """Return the label in a JSON file; raise InvalidRequest when it is of no known format."""
    try:
        said = msgspec.json.decode(text)
    except msgspec.DecodeError as exc:
        raise InvalidRequest(f"a label is not JSON: {exc}") from exc
    match said:
        case {"key": {"company": str(), "date": str(), "total": str()} as key}:
            return _sroie(key)
        case [{"issuer": _} as first, *_]:
            return _invoice(first)
        case dict():
            return _own(cast("dict[str, Any]", said))
        case _:
            raise InvalidRequest(_NOTHING)


def _sroie(key: Mapping[str, str]) -> Label:
    fields: dict[str, str | None] = {"vendor": key["company"]}
    day = next(find_dates(key["date"]), None)
    total = next(find_money(key["total"]), None)
    # What was labelled and cannot be understood is not judged.
    if day is not None:
        fields["date"] = day.value.isoformat()
    if total is not None:
        fields["amount"] = f"{total.value:.2f}"
    return Label(fields)


def _invoice(said: Mapping[str, Any]) -> Label:
    fields: dict[str, str | None] = {"vendor": str(said["issuer"])}
    if said.get("amount") is not None:
        try:
            fields["amount"] = f"{Decimal(str(said['amount'])):.2f}"
        except InvalidOperation as exc:
            raise InvalidRequest("a label's amount is no number") from exc
    if said.get("date") is not None:
        fields["date"] = str(said["date"])
    return Label(fields)


def flattened(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of `acuse read --json`, taxes as one text, each part of a transfer by name.

    Taxes are the same by kind and amount, in any order. What is null has no parts; what a label
    leaves out is left out.
    """
    flat: dict[str, Any] = {**said}
    taxes = said.get("taxes")
    if taxes is not None:
        flat["taxes"] = ", ".join(sorted(f"{t['kind']} {t['amount']}" for t in taxes)) or None
    if "transfer" not in said:
        return flat
    transfer = said["transfer"]
    if transfer is None:
        return flat | dict.fromkeys(TRANSFER_FIELDS)
    flat |= {"coelsa_id": transfer["coelsa_id"]} if "coelsa_id" in transfer else {}
    for party in _PARTIES:
        if party in transfer:
            parts = transfer[party] or dict.fromkeys(_PARTS)
            flat |= {f"{party}.{part}": value for part, value in parts.items()}
    return flat


def _own(label: Mapping[str, Any]) -> Label:
    try:
        said = flattened(label)
    except (AttributeError, KeyError, TypeError) as exc:
        raise InvalidRequest("a label's taxes or transfer are none") from exc
    if not said.keys() & {*FIELDS, "items"}:
        raise InvalidRequest(_NOTHING)
    fields: dict[str, str | None] = {}
    for name in FIELDS:
        if name in said:
            value = said[name]
            if value is not None and not isinstance(value, str):
                raise InvalidRequest(f"a label's {name} is neither text nor null")
            fields[name] = value
    items = said.get("items")
    if items is None:
        return Label(fields)
    try:
        known = msgspec.convert(items, list[_Item])
    except msgspec.ValidationError as exc:
        raise InvalidRequest(f"a label's items are none: {exc}") from exc
    return Label(fields, tuple({"description": i.description, "amount": i.amount} for i in known))
