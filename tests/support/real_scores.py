"""Writes the scores of real documents that lie beside the checkout: numbers, and nothing of theirs.

`PYTHONPATH=tests python -m support.real_scores` writes tests/fixtures/recognised/real-scores.tsv
from ../shared/receipts; it takes two minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from acuse.reading.interpret import interpret
from acuse.reading.labels import read_label
from acuse.reading.rows import page_of
from acuse.reading.scoring import judge
from acuse.reading.values import DocumentReading, Source
from acuse.reading.wire import contract_of
from acuse_workers.reading.barcode import read_codes
from acuse_workers.reading.images import load_image
from acuse_workers.reading.media_type import MediaType
from acuse_workers.reading.pdf import text_pages
from support.calibrating import REAL, scores_of
from support.recognised import TODAY, Here

_LABELLED: Final = Path(__file__).resolve().parents[3] / "shared" / "receipts"
_MAX_PIXELS: Final = 40_000_000


def _photos() -> Iterator[tuple[Path, DocumentReading]]:
    line = Here()
    for path in sorted((_LABELLED / "sroie_dev").glob("*.jpg")):
        picture = load_image(path, MediaType.JPEG, max_pixels=_MAX_PIXELS)
        found = line.upright(picture, page=1)
        wide, tall = found.picture.size
        page = page_of(found.words, 1, width=wide, height=tall, source=Source.OCR)
        yield path, interpret([page], read_codes(picture), today=TODAY, engine="ppocr")


def _texts() -> Iterator[tuple[Path, DocumentReading]]:
    for path in sorted((_LABELLED / "pdf_invoice2data").glob("*.pdf")):
        yield path, interpret(text_pages(path), [], today=TODAY, engine="pdfplumber")


def write() -> None:
    """Write a line for each field that was read of each labelled document."""
    lines = ["engine\tfield\tconfidence\tright"]
    for documents in (_photos(), _texts()):
        for path, reading in documents:
            label = read_label(path.with_suffix(".json").read_bytes())
            right = judge(label, msgspec.to_builtins(contract_of(reading)))
            for field, score in scores_of(reading, right).items():
                figures = f"{score.confidence}\t{int(score.is_right)}"
                lines.append(f"{reading.engine}\t{field}\t{figures}")
            sys.stderr.write(f"\r{path.name:<40}")
    sys.stderr.write("\n")
    REAL.write_text("\n".join([*lines, ""]), encoding="ascii")


if __name__ == "__main__":
    write()
