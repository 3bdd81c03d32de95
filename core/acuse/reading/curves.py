"""Slope and offset of each engine's curves; written by tests/support/calibrating.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CURVES: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = {
    "ppocr": {
        "kind": (1.69, 0.92),
        "nothing": (0.2, -0.732),
        "date": (1.379, 0.8),
        "amount": (1.568, -0.022),
        "vendor": (1.76, 0.489),
        "tax_id": (1.519, -0.941),
        "number": (0.796, 0.949),
        "currency": (1.78, 1.338),
        "cae_expires": (1.297, 0.025),
        "time": (1.72, 0.43),
        "payment_method": (1.563, 1.031),
        "card_tail": (1.337, 0.199),
    },
    "tesseract": {
        "kind": (1.43, 0.31),
        "nothing": (0.703, -0.732),
        "date": (1.107, 0.254),
        "amount": (1.474, -0.827),
        "vendor": (1.387, 0.372),
        "tax_id": (1.199, 0.29),
        "number": (1.197, 0.792),
        "currency": (1.175, 0.938),
        "cae_expires": (1.198, -0.0),
        "time": (0.883, 0.523),
        "payment_method": (1.37, 0.617),
        "card_tail": (1.0, 0.0),
    },
    "pdfplumber": {
        "kind": (1.0, 0.0),
        "nothing": (1.0, 0.0),
        "date": (0.98, 0.3),
        "amount": (0.733, 0.206),
        "vendor": (0.533, -1.145),
        "tax_id": (1.0, 0.0),
        "number": (1.0, 0.0),
        "currency": (1.0, 0.0),
        "cae_expires": (1.0, 0.0),
        "time": (1.0, 0.0),
        "payment_method": (1.0, 0.0),
        "card_tail": (1.0, 0.0),
    },
}
