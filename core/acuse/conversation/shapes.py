"""The shapes of a payload's parts, as far as Acuse acts on them.

Only what an event cannot do without may fail it: a context or a profile of another shape is as good
as none.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Raw, Struct

from acuse.conversation.decoding import lenient
from acuse.conversation.storable import storable
from acuse.meta.identity import stable

_TOO_LARGE: Final = 131052


class Profile(Struct, frozen=True):
    """How a person calls themselves."""

    name: str | None = None
    username: str | None = None


class Contact(Struct, frozen=True):
    """Who someone is, as Meta's contacts say."""

    wa_id: str | None = None
    user_id: str | None = None
    profile: Raw = Raw(b"null")


class Context(Struct, frozen=True):
    """The message that a message answers."""

    id: str | None = None


class Text(Struct, frozen=True):
    """A text message's content."""

    body: str = ""


class Attachment(Struct, frozen=True):
    """An image's or document's content."""

    id: str | None = None
    mime_type: str | None = None
    sha256: str | None = None
    caption: str | None = None
    filename: str | None = None


class Failure(Struct, frozen=True):
    """An error that Meta reports in place of a content."""

    # What an integer column holds; Meta's codes are far from it.
    code: Annotated[int, Meta(ge=-(2**31), lt=2**31)] = 0


class Edited(Struct, frozen=True):
    """What a message says after its edit."""

    type: str | None = None
    text: Text | None = None
    image: Attachment | None = None
    document: Attachment | None = None

    @property
    def attachment(self) -> Attachment | None:
        """Return the media that it has now."""
        return self.image or self.document

    @property
    def body(self) -> str | None:
        """Return its words: a text's body, or a caption."""
        if self.text is not None:
            return storable(self.text.body)
        return None if self.attachment is None else storable(self.attachment.caption)


class Edit(Struct, frozen=True):
    """A message of the sender's, written anew."""

    original_message_id: str
    message: Edited = Edited()


class Revoke(Struct, frozen=True):
    """A message of the sender's, taken back."""

    original_message_id: str


class System(Struct, frozen=True):
    """Meta's own news about a person: a new number, a new business-scoped id."""

    type: str | None = None
    wa_id: str | None = None
    new_wa_id: str | None = None
    user_id: str | None = None
    previous_user_id: str | None = None


class Message(Struct, frozen=True, rename={"phone": "from", "user_id": "from_user_id"}):
    """A message; its content is decoded by kind, on demand."""

    phone: str | None = None
    user_id: str | None = None
    context: Raw = Raw(b"null")
    errors: Raw = Raw(b"null")
    text: Raw = Raw(b"null")
    image: Raw = Raw(b"null")
    document: Raw = Raw(b"null")
    edit: Raw = Raw(b"null")
    revoke: Raw = Raw(b"null")
    system: Raw = Raw(b"null")

    @property
    def context_id(self) -> str | None:
        """Return the id of the message that this one answers."""
        context = lenient(Context, self.context)
        return stable(context.id) if context and context.id else None

    @property
    def was_too_large(self) -> bool:
        """Say whether Meta itself found the media too large to pass on."""
        failures = lenient(list[Failure], self.errors) or []
        return any(failure.code == _TOO_LARGE for failure in failures)


class Status(Struct, frozen=True):
    """What became of a message sent by us."""

    id: str
    status: str
    recipient_id: str | None = None
    recipient_user_id: str | None = None
    recipient_participant_id: str | None = None
    recipient_participant_user_id: str | None = None
    biz_opaque_callback_data: str | None = None
    errors: Raw = Raw(b"null")
    pricing: Raw = Raw(b"null")

    @property
    def recipient(self) -> str:
        """Return whose status it is, as the event's id counts it."""
        return stable(
            self.recipient_participant_id
            or self.recipient_participant_user_id
            or self.recipient_id
            or self.recipient_user_id
            or "-"
        )

    @property
    def error_code(self) -> int | None:
        """Return Meta's code of the first error, if it failed."""
        failures = lenient(list[Failure], self.errors)
        return failures[0].code if failures else None


class Payload(Struct, frozen=True):
    """An event's payload; each part is decoded on demand."""

    contact: Raw = Raw(b"null")
    message: Raw = Raw(b"null")
    status: Raw = Raw(b"null")
    value: Raw = Raw(b"null")


class UserIds(Struct, frozen=True):
    """A business-scoped user id, before and after."""

    previous: str | None = None
    current: str | None = None


class UserIdUpdate(Struct, frozen=True):
    """One person's new id."""

    wa_id: str | None = None
    user_id: UserIds = UserIds()


class UserIdUpdates(Struct, frozen=True):
    """The value of the field `user_id_update`."""

    user_id_update: list[UserIdUpdate] = []
