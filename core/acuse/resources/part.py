"""What every part of a resource has in common: written in camelCase, frozen, nothing unknown."""

from __future__ import annotations

import hashlib
import marshal
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self, TypeAlias, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError
from pydantic.alias_generators import to_camel

from acuse.errors import InvalidManifest

_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.]\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII
)

# What was parsed last, by what it is and what it says. Every object is looked at again and again.
_Known: TypeAlias = tuple[type[BaseModel], bytes]
_PARSED: Final[dict[_Known, BaseModel]] = {}
_REMEMBERED: Final = 8192
# The first that writes the same value always alike: later ones mark what is shared in memory.
_MARSHAL: Final = 2


def _camel(name: str) -> str:
    """Return the name as Kubernetes writes it: `intakeURL`, not `intakeUrl`."""
    written = to_camel(name)
    return f"{written[:-3]}URL" if written.endswith("Url") else written


class Part(BaseModel):
    """A part of what is wanted: a field nobody knows is refused, as kubectl refuses it."""

    model_config = ConfigDict(
        alias_generator=_camel,
        # Code names fields in snake_case; `parse` lets a document name them in camelCase only.
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def parse(cls, document: object) -> Self:
        """Return the part that a document states; raise InvalidManifest naming what is wrong."""
        try:
            return cls.model_validate(_without_nulls(document), by_alias=True, by_name=False)
        except ValidationError as exc:
            raise InvalidManifest(_faults(exc)) from exc

    @classmethod
    def parse_once(cls, document: object) -> Self:
        """Return what `parse` does; of the same document, the very part it returned before."""
        try:
            content = marshal.dumps(cast("Any", document), _MARSHAL)
        except ValueError:
            # Not of plain values only, as YAML's times.
            return cls.parse(document)
        key = (cls, hashlib.blake2b(content, digest_size=16).digest())
        known = _PARSED.get(key)
        if known is None:
            known = cls.parse(document)
            if len(_PARSED) >= _REMEMBERED:
                _PARSED.clear()
            _PARSED[key] = known
        return cast("Self", known)

    def to_object(self) -> dict[str, Any]:
        """Return the part as the API server takes it; what has no value is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class StatusPart(Part):
    """A part of what is: fields that another release knows are passed over."""

    model_config = ConfigDict(extra="ignore")


def _without_nulls(document: object) -> object:
    """Return the document without its null fields: they say the same as no field."""
    if isinstance(document, Mapping):
        fields = cast("Mapping[object, object]", document)
        return {key: _without_nulls(v) for key, v in fields.items() if v is not None}
    if isinstance(document, list):
        return [_without_nulls(item) for item in cast("list[object]", document)]
    return document


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'document'}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )


def _moment(value: object) -> object:
    if isinstance(value, str):
        if _RFC_3339.fullmatch(value) is None:
            raise ValueError("must be a time such as 2027-01-31T12:00:00Z")
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError("must be a time with a time zone")
    return value.astimezone(UTC).replace(microsecond=0)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# As metav1.Time: RFC 3339 in UTC, to the second.
Timestamp = Annotated[
    datetime, BeforeValidator(_moment), PlainSerializer(_stamp, return_type=str, when_used="json")
]
