"""The shapes that a POST takes; anything else is refused as Meta does."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from acuse_lab.graph.errors import GraphFault, bad_shape, fault

Caption = Annotated[str, Meta(min_length=1, max_length=1024)]
Shown = Annotated[str, Meta(min_length=1)]
Kind = Literal["text", "template", "document", "image", "reaction", "interactive"]
KINDS: tuple[str, ...] = get_args(Kind)


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a request; an unknown key is an error."""


class Text(Body, frozen=True):
    """A text of 1 to 4,096 characters."""

    body: Annotated[str, Meta(min_length=1, max_length=4096)]
    preview_url: bool = False


class Reaction(Body, frozen=True):
    """An emoji on a message; an empty one takes it away."""

    message_id: Shown
    emoji: str


class MediaRef(Body, frozen=True, kw_only=True):
    """A media by the id of an upload, or by a public link: exactly one of them."""

    id: Shown | UnsetType = UNSET
    link: Shown | UnsetType = UNSET


class Image(MediaRef, frozen=True, kw_only=True):
    """An image, with a caption or without."""

    caption: Caption | UnsetType = UNSET


class Document(MediaRef, frozen=True, kw_only=True):
    """A document, with a file name and a caption or without."""

    filename: Shown | UnsetType = UNSET
    caption: Caption | UnsetType = UNSET


class Language(Body, frozen=True):
    """The language of a template, such as es_AR."""

    code: Shown
    policy: Literal["deterministic"] = "deterministic"


class TextParameter(Body, frozen=True, tag_field="type", tag="text"):
    """A text put into a template, with the variable's name if the template's are named."""

    text: Shown
    parameter_name: Shown | UnsetType = UNSET


class DocumentParameter(Body, frozen=True, tag_field="type", tag="document"):
    """The document of a template's header."""

    document: Document


class ImageParameter(Body, frozen=True, tag_field="type", tag="image"):
    """The image of a template's header."""

    image: Image


class PayloadParameter(Body, frozen=True, tag_field="type", tag="payload"):
    """What a quick-reply button sends back."""

    payload: Annotated[str, Meta(min_length=1, max_length=256)]


Parameter = TextParameter | DocumentParameter | ImageParameter | PayloadParameter


class Component(Body, frozen=True):
    """The parameters of one component of a template."""

    type: Literal["header", "body", "button"]
    parameters: tuple[Parameter, ...] = ()
    sub_type: Literal["quick_reply", "url", "copy_code"] | UnsetType = UNSET
    index: str | int | UnsetType = UNSET


class Template(Body, frozen=True):
    """A template to send: its parameters belong in `components`."""

    name: Shown
    language: Language
    components: tuple[Component, ...] = ()


class Reply(Body, frozen=True):
    """A quick-reply button's id and title."""

    id: Annotated[str, Meta(min_length=1, max_length=256)]
    title: Annotated[str, Meta(min_length=1, max_length=20)]


class ReplyButton(Body, frozen=True):
    """A button of an interactive message."""

    type: Literal["reply"]
    reply: Reply


class Buttons(Body, frozen=True):
    """One to three buttons."""

    buttons: Annotated[tuple[ReplyButton, ...], Meta(min_length=1, max_length=3)]


class Row(Body, frozen=True):
    """A row of a list."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    title: Annotated[str, Meta(min_length=1, max_length=24)]
    description: Annotated[str, Meta(max_length=72)] | UnsetType = UNSET


class Section(Body, frozen=True):
    """A section of a list; it needs a title if there are several."""

    rows: Annotated[tuple[Row, ...], Meta(min_length=1, max_length=10)]
    title: Annotated[str, Meta(min_length=1, max_length=24)] | UnsetType = UNSET


class Sections(Body, frozen=True):
    """A list: the text of the button that opens it, and its sections."""

    button: Annotated[str, Meta(min_length=1, max_length=20)]
    sections: Annotated[tuple[Section, ...], Meta(min_length=1, max_length=10)]


class ShownBody(Body, frozen=True):
    """The text of an interactive message."""

    text: Annotated[str, Meta(min_length=1, max_length=1024)]


class ShownFooter(Body, frozen=True):
    """The footer of an interactive message."""

    text: Annotated[str, Meta(min_length=1, max_length=60)]


class TextHeader(Body, frozen=True, tag_field="type", tag="text"):
    """A text above an interactive message."""

    text: Annotated[str, Meta(min_length=1, max_length=60)]


class ImageHeader(Body, frozen=True, tag_field="type", tag="image"):
    """An image above an interactive message."""

    image: MediaRef


class DocumentHeader(Body, frozen=True, tag_field="type", tag="document"):
    """A document above an interactive message."""

    document: Document


class ButtonMessage(Body, frozen=True, tag_field="type", tag="button"):
    """A text with buttons."""

    body: ShownBody
    action: Buttons
    header: TextHeader | ImageHeader | DocumentHeader | UnsetType = UNSET
    footer: ShownFooter | UnsetType = UNSET


class ListMessage(Body, frozen=True, tag_field="type", tag="list"):
    """A text with a list to choose from; its header can only be text."""

    body: ShownBody
    action: Sections
    header: TextHeader | UnsetType = UNSET
    footer: ShownFooter | UnsetType = UNSET


class Context(Body, frozen=True):
    """The message that this one quotes."""

    message_id: Shown


class Send(Body, frozen=True):
    """A message to send: exactly the content that `type` names."""

    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual"] = "individual"
    to: Shown | UnsetType = UNSET
    recipient: Shown | UnsetType = UNSET
    type: Kind = "text"
    context: Context | UnsetType = UNSET
    biz_opaque_callback_data: Annotated[str, Meta(max_length=512)] | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    template: Template | UnsetType = UNSET
    document: Document | UnsetType = UNSET
    image: Image | UnsetType = UNSET
    reaction: Reaction | UnsetType = UNSET
    interactive: ButtonMessage | ListMessage | UnsetType = UNSET


class TypingIndicator(Body, frozen=True):
    """The three dots."""

    type: Literal["text"]


class MarkRead(Body, frozen=True):
    """A received message marked as read, with the typing indicator or without."""

    messaging_product: Literal["whatsapp"]
    status: Literal["read"]
    message_id: Shown
    typing_indicator: TypingIndicator | UnsetType = UNSET


CallbackUri = Annotated[str, Meta(max_length=200)]


class WebhookConfiguration(Body, frozen=True):
    """Where a number's messages go; an empty address takes the override away."""

    override_callback_uri: CallbackUri
    verify_token: str | UnsetType = UNSET


class ConfigureNumber(Body, frozen=True):
    """A change of a number; of all that Meta lets change here, the webhooks."""

    webhook_configuration: WebhookConfiguration


class Subscribe(Body, frozen=True):
    """An app's subscription to a business account; without an address it has no override."""

    override_callback_uri: CallbackUri | UnsetType = UNSET
    verify_token: str | UnsetType = UNSET


_B = TypeVar("_B", bound=Body)
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")
_MISSING = re.compile(r"Object missing required field `(.+)`")
_LENGTH = re.compile(r"Expected `(?P<type>\w+)` of length (?P<sign>[<>]=) (?P<limit>\d+)")


def decode(raw: bytes) -> dict[str, Any]:
    """Return the request's JSON object; raise Meta's error if it is not one."""
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise GraphFault("(#100) Invalid parameter", code=100, details=str(exc)) from exc


def parse(body: dict[str, Any], shape: type[_B]) -> _B:
    """Return `body` as `shape`; raise what Meta answers to the first thing that is wrong."""
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as exc:
        raise _as_meta_says(str(exc)) from exc


def _as_meta_says(problem: str) -> GraphFault:
    """Translate msgspec's sentence into the Graph API's."""
    found = _AT.match(problem)
    what, path = (found["what"], found["path"] or "") if found else (problem, "")
    name = _named(path)
    if unknown := _UNKNOWN.match(what):
        where = f' on param "{name}"' if name else ""
        return bad_shape(f'Unexpected key "{unknown[1]}"{where}.')
    if missing := _MISSING.match(what):
        return bad_shape(f"The parameter {_named(f'{path}.{missing[1]}')} is required.")
    if length := _LENGTH.match(what):
        return _wrong_length(name, length)
    return bad_shape(f"Param {name or 'body'} is not valid: {what}.")


def _wrong_length(name: str, length: re.Match[str]) -> GraphFault:
    bound = "at most" if length["sign"] == "<=" else "at least"
    unit = "characters long" if length["type"] == "str" else "items"
    sentence = f"Param {name} must be {bound} {length['limit']} {unit}."
    # Limits of interactive messages are Meta's 131009; the schema's own lengths are code 100.
    if name.startswith("interactive"):
        return fault(131009, details=sentence)
    return bad_shape(sentence)


def _named(path: str) -> str:
    """Return `.template.language` as Meta writes it: `template['language']`."""
    first, *rest = path.lstrip(".").replace("[...]", ".[]").split(".")
    return first + "".join("[]" if part == "[]" else f"['{part}']" for part in rest)
