"""Business numbers, people and templates for tests of and with the fake Graph API."""

from __future__ import annotations

from typing import Any

from acuse_lab.graph.contract import (
    NumberSpec,
    Person,
    TemplateButton,
    TemplateComponent,
    TemplateSpec,
)

NUMBER_ID = "106540352242922"
OTHER_ID = "106540352242933"
TOKEN = "EAAG-token-of-acme"
ANA = Person(name="Ana Sosa", wa_id="5491155550101", user_id="AR.13491208655302741918")
BETO = Person(name="Beto Ñáñez", wa_id="5491155550202", user_id="AR.23491208655302741918")

RESULT = TemplateSpec(
    name="resultado",
    components=(
        TemplateComponent(type="HEADER", format="DOCUMENT"),
        TemplateComponent(type="BODY", text="Hola {{1}}, registramos $ {{2}}."),
        TemplateComponent(
            type="BUTTONS",
            buttons=(
                TemplateButton(type="QUICK_REPLY", text="No es mío"),
                TemplateButton(type="URL", text="Ver", url="https://acme.example/r/{{1}}"),
            ),
        ),
    ),
)
REMINDER = TemplateSpec(
    name="recordatorio",
    parameter_format="named",
    components=(TemplateComponent(type="BODY", text="Falta el comprobante de {{vendor}}."),),
)
PAUSED = TemplateSpec(
    name="pausada", status="PAUSED", components=(TemplateComponent(type="BODY", text="Hola"),)
)

ACME = NumberSpec(
    phone_number_id=NUMBER_ID,
    waba_id="419561257915477",
    display_phone_number="+54 9 11 4444-0000",
    tokens=(TOKEN,),
    expired_tokens=("EAAG-old",),
    app_secret="acme-app-secret",
    templates=(RESULT, REMINDER, PAUSED),
)
OTHER = NumberSpec(
    phone_number_id=OTHER_ID,
    waba_id="519561257915488",
    display_phone_number="5491144440011",
    tokens=("EAAG-token-of-other",),
    app_secret="acme-app-secret",
)


def to_ana(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    """Return a body for `/messages` with this content, to Ana."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": ANA.wa_id,
        "type": kind,
        kind: content,
        **more,
    }
