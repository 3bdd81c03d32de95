"""Whether a template message fits the template it names: Meta's 132xxx errors."""

from __future__ import annotations

import re

from msgspec import UNSET

from acuse_lab.graph import bodies
from acuse_lab.graph.contract import TemplateComponent, TemplateSpec
from acuse_lab.graph.errors import GraphFault, fault

_VARIABLE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
# Meta refuses these inside a text parameter (132018).
_FORBIDDEN_SPACE = re.compile(r"[\n\r\t]| {5,}")
_BODY_LIMIT = 1024
_STATES = {"PAUSED": 132015, "DISABLED": 132016}


def check_template(message: bodies.Template, known: dict[tuple[str, str], TemplateSpec]) -> None:
    """Pass a template message that Meta would take; raise its error otherwise."""
    spec = known.get((message.name, message.language.code))
    if spec is not None and spec.status in _STATES:
        raise fault(_STATES[spec.status])
    if spec is None or spec.status != "APPROVED":
        raise fault(
            132001,
            details=f"template name ({message.name}) does not exist in {message.language.code}",
        )
    _check_components(message, spec)


def _check_components(message: bodies.Template, spec: TemplateSpec) -> None:
    given = [c.type for c in message.components if c.type != "button"]
    for kind in set(given):
        if given.count(kind) > 1:
            raise fault(132000, details=f"{kind}: the component is given more than once")
    _check_header(_parameters(message, "header"), spec)
    _check_texts("body", _parameters(message, "body"), spec=spec, text=_text(spec, "BODY"))
    _check_buttons(message, spec)


def _parameters(message: bodies.Template, kind: str) -> tuple[bodies.Parameter, ...]:
    return next((c.parameters for c in message.components if c.type == kind), ())


def _component(spec: TemplateSpec, kind: str) -> TemplateComponent | None:
    return next((c for c in spec.components if c.type == kind), None)


def _text(spec: TemplateSpec, kind: str) -> str:
    component = _component(spec, kind)
    return component.text if component else ""


def _check_header(given: tuple[bodies.Parameter, ...], spec: TemplateSpec) -> None:
    header = _component(spec, "HEADER")
    if header is None or header.format == "TEXT":
        _check_texts("header", given, spec=spec, text=header.text if header else "")
        return
    _check_count("header", len(given), expected=1)
    received = given[0].__struct_config__.tag
    if received != header.format.lower():
        raise fault(
            132012,
            details=f"header: Format mismatch, expected {header.format},"
            f" received {str(received).upper()}",
        )


def _check_texts(
    where: str, given: tuple[bodies.Parameter, ...], *, spec: TemplateSpec, text: str
) -> None:
    variables = list(dict.fromkeys(_VARIABLE.findall(text)))
    _check_count(where, len(given), expected=len(variables))
    values: dict[str, str] = {}
    for place, parameter in enumerate(given, start=1):
        if not isinstance(parameter, bodies.TextParameter):
            raise fault(132012, details=f"{where}: Format mismatch, expected TEXT")
        if _FORBIDDEN_SPACE.search(parameter.text):
            raise fault(132018)
        values[_variable(parameter, spec, place=place)] = parameter.text
    if set(values) != set(variables):
        raise fault(132012, details=f"{where}: Parameter name does not match the template's")
    filled = _VARIABLE.sub(lambda found: values[found[1]], text)
    if len(filled) > _BODY_LIMIT:
        raise fault(132005, details=f"{where}: the text has {len(filled)} characters")


def _variable(parameter: bodies.TextParameter, spec: TemplateSpec, *, place: int) -> str:
    named = parameter.parameter_name is not UNSET
    if spec.parameter_format == "positional":
        if named:
            raise _bad_name("Parameter name is not expected for a positional template")
        return str(place)
    if not named:
        raise _bad_name("Parameter name is missing or empty")
    return str(parameter.parameter_name)


def _bad_name(details: str) -> GraphFault:
    return fault(100, details=details)


def _check_count(where: str, given: int, *, expected: int) -> None:
    if given != expected:
        raise fault(
            132000,
            details=f"{where}: number of localizable_params ({given}) does not match the expected"
            f" number of params ({expected})",
        )


def _check_buttons(message: bodies.Template, spec: TemplateSpec) -> None:
    component = _component(spec, "BUTTONS")
    buttons = component.buttons if component else ()
    given: dict[int, bodies.Component] = {}
    for part in (c for c in message.components if c.type == "button"):
        place = str(part.index)
        if part.index is UNSET or part.sub_type is UNSET:
            raise fault(131008, details="buttons: sub_type and index are required")
        if not place.isdecimal() or int(place) >= len(buttons):
            raise fault(132000, details=f"buttons: no button at index {place} in the template")
        if part.sub_type != buttons[int(place)].type.lower():
            raise fault(132012, details=f"buttons: Button at index {place} is not {part.sub_type}")
        given[int(place)] = part
    for index, button in enumerate(buttons):
        wanted = 1 if _VARIABLE.search(button.url) else 0
        if wanted and (index not in given or not given[index].parameters):
            raise fault(
                131008,
                details=f"buttons: Button at index {index} of type Url requires a parameter",
            )
        if index in given:
            _check_button(given[index], index=index, wants_text=bool(wanted))


def _check_button(part: bodies.Component, *, index: int, wants_text: bool) -> None:
    kind = bodies.TextParameter if wants_text else bodies.PayloadParameter
    if len(part.parameters) != 1 or not isinstance(part.parameters[0], kind):
        raise fault(132012, details=f"buttons: wrong parameter for the button at index {index}")
