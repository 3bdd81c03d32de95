"""Makes documents of a split, each from its own seed: number seven is the same in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec

from acuse_lab.corpus.facts import facts
from acuse_lab.corpus.layouts import LAYOUTS, Drawn, Layout, Split
from acuse_lab.corpus.sheet import style
from acuse_lab.corpus.spoiling import as_jpeg, passed_on, photographed, screenshot

_MODULES: Final = ("tickets", "invoices", "vouchers")


@dataclass(frozen=True, slots=True)
class Made:
    """One document: its name, its bytes as WhatsApp would deliver them, and its label."""

    name: str
    data: bytes
    label: dict[str, Any]


def make(split: Split, count: int, *, seed: int, is_worn: bool = False) -> Iterator[Made]:
    """Yield so many documents of a split; worn ones are the same, passed on by others before."""
    looks = layouts(split)
    for number in range(count):
        chance = random.Random(f"{seed}/{split}/{number}")  # noqa: S311 - drawings
        look = chance.choices(looks, weights=[each.share for each in looks])[0]
        drawn = look.draw(
            facts(chance),
            style(chance, split, width=look.width, size=look.size, is_ticket=look.is_ticket),
            chance,
        )
        picture = (screenshot if drawn.is_screen else photographed)(drawn.image, chance)
        if is_worn:
            picture = passed_on(picture, chance)
        name = f"{number:04d}-{look.name.replace('_', '-')}.jpg"
        yield Made(name, as_jpeg(picture, chance), _label(drawn))


def write(
    folder: Path, split: Split, count: int, *, seed: int, is_worn: bool = False
) -> Iterator[Path]:
    """Write documents and labels as `acuse eval` takes them; yield each document's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for made in make(split, count, seed=seed, is_worn=is_worn):
        path = folder / made.name
        path.write_bytes(made.data)
        path.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(made.label)))
        yield path


def _label(drawn: Drawn) -> dict[str, Any]:
    label: dict[str, Any] = {**drawn.truth}
    if drawn.items is not None:
        label["items"] = list(drawn.items)
    if drawn.truth["kind"] != "none":
        label["taxes"] = list(drawn.taxes)
    if drawn.transfer is not None:
        label["transfer"] = drawn.transfer
    return label


def layouts(split: Split) -> list[Layout]:
    """Return the looks of a split."""
    for name in _MODULES:
        import_module(f"acuse_lab.corpus.{name}")
    return [each for each in LAYOUTS if each.split == split]
