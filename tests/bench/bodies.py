"""Webhook requests as Meta sends them: text messages of 700 bytes, signed, no two alike."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass

from acuse.meta.signature import sign
from acuse_lab.graph.contract import Inbound, Person
from acuse_lab.graph.ids import message_id
from acuse_lab.graph.inbound import contact_of, stamped, text
from acuse_lab.graph.sender import encode

SIZE = 700
_SENDERS = 500
_ID = "{id}"
_FILL = "{fill}"
_SAID = (
    "Hola, ¿cómo están? Les paso el comprobante del pago de ayer.",
    "Buenas tardes, ya hice la transferencia. ¿Me confirman?",
    "Acá va la factura de la ferretería, son 48.350,00 pesos.",
    "Perdón, la foto anterior salió movida. Ahora mando otra.",
)
# ASCII, so that it may be cut anywhere.
_MORE = b" Gracias de nuevo, saludos." * 30


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go and what they have to say to be taken."""

    port: int
    path: str
    app_secret: str
    phone_number_id: str
    waba_id: str


def _template(target: Target, number: int) -> tuple[str, bytes]:
    """Return a sender's phone, and a body with marks for its id and for more text."""
    phone = f"54911{50000000 + number}"
    person = Person(wa_id=phone, user_id=f"AR.{secrets.randbelow(10**15):015}", name="Lucía Gómez")
    said = text(_SAID[number % len(_SAID)] + _FILL)
    message = stamped(
        Inbound(phone_number_id=target.phone_number_id, person=person, message=said), at=time.time()
    ) | {"id": _ID}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "5491150001234",
            "phone_number_id": target.phone_number_id,
        },
        "contacts": [contact_of(person)],
        "messages": [message],
    }
    change = {"value": value, "field": "messages"}
    entry = {"id": target.waba_id, "changes": [change]}
    return phone, encode({"object": "whatsapp_business_account", "entry": [entry]})


def bodies(target: Target) -> Iterator[bytes]:
    """Yield bodies of exactly SIZE bytes, each with a message id of its own, without end."""
    templates = [_template(target, number) for number in range(_SENDERS)]
    for phone, template in itertools.cycle(templates):
        wamid = message_id(phone, inbound=True).replace("/", "\\/").encode()
        head, _, tail = template.partition(_FILL.encode())
        head = head.replace(_ID.encode(), wamid)
        room = SIZE - len(head) - len(tail)
        if not 0 <= room <= len(_MORE):
            raise ValueError(f"a text message cannot be made {SIZE} bytes long")
        yield b"".join((head, _MORE[:room], tail))


def requests(target: Target) -> Iterator[bytes]:
    """Yield whole HTTP requests without end, signed over the body's bytes."""
    secret = target.app_secret.encode()
    head = (
        f"POST {target.path} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nAccept: */*\r\n"
        "User-Agent: facebookexternalua\r\nContent-Type: application/json\r\n"
        f"Content-Length: {SIZE}\r\nX-Hub-Signature-256: "
    ).encode()
    for body in bodies(target):
        yield b"".join((head, sign(body, secret), b"\r\n\r\n", body))
