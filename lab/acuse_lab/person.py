"""What a person does with WhatsApp: pick a file, send it, wait for the answer."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Final

from acuse.errors import DocumentBroken
from acuse_lab.documents.sample import Sample
from acuse_lab.graph import inbound
from acuse_lab.graph.client import LabClient
from acuse_lab.graph.contract import Person, SentMessage

# WhatsApp sends these as photos and everything else as documents.
_PHOTOS: Final = frozenset({"image/jpeg", "image/png"})


def picked_file(path: Path) -> Sample:
    """Return a file of the user's as something to send; nothing is known of what it shows.

    Raises DocumentBroken when it cannot be opened.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise DocumentBroken(f"{path} cannot be opened: {exc.strerror}") from exc
    mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Sample(path.name, data, mime, path.name, {})


async def send_document(lab: LabClient, number_id: str, document: Sample, *, person: Person) -> str:
    """Send a document to a number as WhatsApp would; return the message's id."""
    media = await lab.add_media(
        number_id, document.data, mime_type=document.mime, filename=document.filename
    )
    message = inbound.image(media) if document.mime in _PHOTOS else inbound.document(media)
    sent = await lab.send(number_id, person, message)
    return sent.message_ids[0]


def words_of(message: SentMessage) -> str:
    """Return what a person sees of a message; the whole body for what is not plain text."""
    return str(message.body.get("text", {}).get("body", message.body))
