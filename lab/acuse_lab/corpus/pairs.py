"""Two receipts on one photo, side by side or one above the other, each lying a little askew."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from PIL import Image

from acuse_lab.corpus.facts import facts
from acuse_lab.corpus.layouts import Drawn, Split, Truth
from acuse_lab.corpus.making import layouts
from acuse_lab.corpus.sheet import style
from acuse_lab.corpus.spoiling import as_jpeg, photographed

_TABLE: Final = 90
_ASKEW: Final = 2.0


@dataclass(frozen=True, slots=True)
class Pair:
    """One photo and what is right of each receipt on it."""

    data: bytes
    truths: tuple[Truth, Truth]


def pair(split: Split, *, seed: int, is_below: bool) -> Pair:
    """Return a photo of two tickets of a split; the same seed gives the same photo."""
    chance = random.Random(f"pair/{seed}/{split}/{is_below}")  # noqa: S311 - drawings
    first, second = _ticket(split, chance), _ticket(split, chance)
    laid = _laid(first.image, second.image, chance, is_below=is_below)
    photo = photographed(laid, chance)
    return Pair(as_jpeg(photo, chance), (first.truth, second.truth))


def _ticket(split: Split, chance: random.Random) -> Drawn:
    look = chance.choice([each for each in layouts(split) if each.is_ticket])
    manner = style(chance, split, width=look.width, size=look.size, is_ticket=True)
    return look.draw(facts(chance, most=4), manner, chance)


def _laid(
    first: Image.Image, second: Image.Image, chance: random.Random, *, is_below: bool
) -> Image.Image:
    """Lay both on a table, with a gap of some fingers' width between them."""
    papers = [
        paper.rotate(
            chance.uniform(-_ASKEW, _ASKEW), Image.Resampling.BICUBIC, expand=True, fillcolor=_TABLE
        )
        for paper in (first, second)
    ]
    gap = chance.randrange(40, 110)
    step = (0, papers[0].height + gap) if is_below else (papers[0].width + gap, 0)
    size = (
        max(papers[0].width, step[0] + papers[1].width),
        max(papers[0].height, step[1] + papers[1].height),
    )
    table = Image.new("L", size, _TABLE)
    table.paste(papers[0], (0, 0))
    table.paste(papers[1], step)
    return table
