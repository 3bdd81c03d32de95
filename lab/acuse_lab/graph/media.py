"""The media that the fake keeps: ids that end, addresses that live five minutes, upload rules."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from acuse_lab.graph import ids
from acuse_lab.graph.contract import MediaInfo, MediaModes
from acuse_lab.graph.errors import fault, no_such_object

ADDRESS_SECONDS = 5 * 60
RECEIVED_SECONDS = 7 * 24 * 3600
UPLOADED_SECONDS = 30 * 24 * 3600

_MB = 1024 * 1024
_DOCUMENTS = (
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)
UPLOAD_LIMITS: Mapping[str, int] = {
    **dict.fromkeys(("image/jpeg", "image/png"), 5 * _MB),
    **dict.fromkeys(("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"), 16 * _MB),
    **dict.fromkeys(("video/mp4", "video/3gpp"), 16 * _MB),
    "image/webp": 500 * 1024,
    **dict.fromkeys(_DOCUMENTS, 100 * _MB),
}


@dataclass(slots=True)
class Media:
    """One media: whose it is, its bytes, when its id ends, and how it misbehaves."""

    phone_number_id: str
    info: MediaInfo
    content: bytes
    ends_at: float
    modes: MediaModes = field(default_factory=MediaModes)
    expired_left: int = 0
    failures_left: int = 0

    def misbehave(self, modes: MediaModes) -> None:
        """Take on `modes`, with their counters full."""
        self.modes = modes
        self.expired_left = modes.expired_addresses
        self.failures_left = modes.failures

    def fails(self, where: str) -> bool:
        """Say whether this call at `where` must fail, and count it."""
        if self.modes.failures_on != where or self.failures_left <= 0:
            return False
        self.failures_left -= 1
        return True

    def served(self) -> bytes:
        """Return the bytes that a download gets, if nothing cuts it."""
        content = self.content
        if self.modes.corrupt and content:
            content = content[:-1] + bytes([content[-1] ^ 1])
        return content + b"\x00" * self.modes.extra_bytes

    def announced(self, address: str) -> dict[str, object]:
        """Return what `GET /{media-id}` answers."""
        digest = self.info.sha256
        if self.modes.wrong_sha256:
            digest = hashlib.sha256(b"another file").hexdigest()
        return {
            "url": address,
            "mime_type": self.info.mime_type,
            "sha256": digest,
            "file_size": self.info.file_size,
            "id": self.info.id,
            "messaging_product": "whatsapp",
        }


@dataclass(frozen=True, slots=True)
class Address:
    """A download address: which media, and until when."""

    media: Media
    ends_at: float


@dataclass(slots=True)
class MediaShelf:
    """All media, by id and by the secret part of their addresses."""

    by_id: dict[str, Media] = field(default_factory=dict[str, Media])
    addresses: dict[str, Address] = field(default_factory=dict[str, Address])

    def keep(
        self, content: bytes, *, phone_number_id: str, info: MediaInfo, ends_at: float
    ) -> Media:
        """Keep a media under its id and return it."""
        media = Media(phone_number_id, info, content, ends_at)
        self.by_id[info.id] = media
        return media

    def find(self, media_id: str, *, now: float) -> Media | None:
        """Return the media if its id is still alive."""
        media = self.by_id.get(media_id)
        return media if media is not None and now < media.ends_at else None

    def open_address(self, media: Media, *, base: str, now: float) -> str:
        """Return a fresh download address of `media` under `base`, like Meta's lookaside host."""
        secret = secrets.token_urlsafe(24)
        lives = ADDRESS_SECONDS
        if media.expired_left > 0:
            media.expired_left -= 1
            lives = 0
        self.addresses[secret] = Address(media, now + lives)
        return (
            f"{base}/whatsapp_business/attachments/?mid={media.info.id}&source=getMedia"
            f"&ext={int(now) + ADDRESS_SECONDS}&hash={secret}"
        )

    def resolve(self, media_id: str, secret: str, *, now: float) -> Media | None:
        """Return the media behind an address that is still alive, or None."""
        address = self.addresses.get(secret)
        if address is None or address.media.info.id != media_id or now >= address.ends_at:
            return None
        return address.media


def describe(content: bytes, *, mime_type: str, filename: str | None = None) -> MediaInfo:
    """Return what is announced of `content` under a new id."""
    return MediaInfo(
        id=ids.media_id(),
        mime_type=mime_type,
        sha256=hashlib.sha256(content).hexdigest(),
        file_size=len(content),
        filename=filename,
    )


def check_upload(content: bytes, *, mime_type: str) -> None:
    """Pass a file that Meta lets a business upload; raise its error otherwise."""
    kind = mime_type.partition(";")[0].strip()
    limit = UPLOAD_LIMITS.get(kind)
    if limit is None:
        raise fault(
            100,
            details="Param file must be a file with one of the following types: "
            f"{', '.join(UPLOAD_LIMITS)}. Received file of type '{mime_type}'.",
        )
    if not content:
        raise fault(131053, details="The file is empty.")
    if len(content) > limit:
        raise fault(131053, details=f"File size ({len(content)}) is over the limit ({limit}).")


def require_owned(media: Media | None, *, media_id: str, number_ids: set[str]) -> Media:
    """Return the media if it is one of these numbers'; raise 100/33 otherwise."""
    if media is None or media.phone_number_id not in number_ids:
        raise no_such_object("get", media_id)
    return media
