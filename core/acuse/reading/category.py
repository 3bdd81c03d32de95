"""What the money was spent on, by the words of the vendor and of the items."""

from __future__ import annotations

import re
from collections.abc import Sequence

from acuse.reading.folding import fold
from acuse.reading.picking import evidence_of
from acuse.reading.values import Kind, Line, PageText, Reading

# In order: the first with the most words wins.
CATEGORIES = {
    "fuel": r"ESTACION DE SERVICIO|\bYPF\b|\bSHELL\b|\bAXION\b|\bPUMA\b|PETRO|GASOIL|NAFTA|"
    r"COMBUSTIBLE|\bINFINIA\b|\bDIESEL\b|\bGNC\b|FUEL|\bRON ?9\d",
    "restaurant": r"RESTAUR|RESTORAN|\bCAFE|COFFEE|PIZZ|PARRILLA|\bBAR\b|BURGER|MCDONALD|CUBIERTO|"
    r"HELADER|KOPITIAM|\bMESA\b|\bTABLE\b|EMPANADA|MILANESA|\bNASI\b|\bTEH\b|SUSHI|\bRICE\b|"
    r"\bDINE",
    "groceries": r"SUPERMERC|\bMART\b|MARKET|AUTOSERVICIO|ALMACEN|VERDULER|CARNICER|PANADER|"
    r"\bLECHE\b|\bPAN\b|YERBA|AZUCAR|ACEITE|\bARROZ\b|HARINA|GALLETIT|BAKER|CONFECTION|\bMILK\b|"
    r"KIOSC|KIOSKO|GROCER|FIDEOS|GASEOSA",
    "pharmacy": r"FARMACIA|PHARMAC|DROGUER|MEDICAM|IBUPROF|PARACETAM|GUARDIAN|WATSON|\bCLINIC|"
    r"HEALTH",
    "transport": r"\bTAXI\b|\bUBER\b|CABIFY|PEAJE|ESTACIONAM|PARKING|PASAJE|\bSUBE\b|AUTOPISTA|"
    r"\bTOLL\b|FLETE|TRANSPORTE",
    "lodging": r"\bHOTEL\b|HOSTEL|HOSPEDAJE|ALOJAMIENTO|ROOM CHARGES|\bNIGHTS?\b|CHECK IN",
    "telecom": r"TELEFONIA|INTERNET|MOVISTAR|PERSONAL FLOW|TELECOM|FIBERTEL|\bCLARO\b|ABONO|"
    r"HAUT DEBIT|HOSTING|BROADBAND",
    "utilities": r"EDENOR|EDESUR|METROGAS|\bAYSA\b|ENERGIA ELECTRICA|\bKWH\b|NATURGY|\bEPEC\b|"
    r"AGUAS? ",
    "office": r"LIBRERIA|STATIONER|PAPELERIA|RESMA|CARTUCHO|TONER|\bPAPER\b|BOOKS?\b|\bPEN\b|"
    r"PRINT(?:ING|ER)|IMPRENTA|BOOKSTORE",
    "hardware": r"FERRETER|HARDWARE|PINTURA|TORNILLO|CEMENTO|ELECTRICAL|CORRALON|SANITARIOS|"
    r"TIMBER|\bD\.?I\.?Y\b|MATERIALES",
    "electronics": r"IPHONE|\bIPAD\b|NOTEBOOK|LAPTOP|MACBOOK|SMARTPHONE|CELULAR|MONITOR|"
    r"MEMORY CARD|ELECTRODOMEST|COMPUTACION",
    "clothing": r"INDUMENTARIA|REMERA|PANTALON|ZAPATILL|CALZADO|FASHION|APPAREL|SHIRT|CAMISA",
    "services": r"HONORARIO|(?<!ESTACION DE )SERVICIO|CONSULTOR|ASESOR|MANTENIMIENTO|SUSCRIPCION|"
    "ALQUILER|"
    r"PUBLICIDAD|CLOUD|WEB SERVICES|REPAIR",
}  # fmt: skip
_PATTERNS = {name: re.compile(words) for name, words in CATEGORIES.items()}
_VENDOR_WORTH = 3
_HEAD_ROWS = 6


def read_category(
    pages: Sequence[PageText], *, kind: Kind, vendor: str | None
) -> Reading[str] | None:
    """Return the category whose words the document uses most; None when it uses no one's."""
    lines = [line for page in pages for line in page.lines]
    if kind is Kind.NONE or not lines:
        return None
    scored = {name: _weigh(words, lines, vendor or "") for name, words in _PATTERNS.items()}
    name, (weight, line) = max(scored.items(), key=lambda entry: entry[1][0])
    if weight == 0:
        return None
    rest = sum(other for other, _ in scored.values()) - weight
    return Reading(name, round(0.85 * weight / (weight + rest + 0.6), 4), evidence_of(line, pages))


def _weigh(words: re.Pattern[str], lines: Sequence[Line], vendor: str) -> tuple[int, Line]:
    hits = [line for line in lines if words.search(fold(line.text))]
    head = any(line in lines[:_HEAD_ROWS] for line in hits)
    named = _VENDOR_WORTH if words.search(fold(vendor)) else 0
    return len(hits) + named + (1 if head else 0), hits[0] if hits else lines[0]
