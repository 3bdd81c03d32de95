"""docs/reading.md tells the contract, the limits and the categories as the code has them."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

from acuse.reading import category
from acuse.reading.values import Kind, PaymentMethod, TaxKind
from acuse.reading.wire import CONTRACT_FIELDS
from acuse_lab.documents.catalogue import sample
from acuse_workers.commands.read import answer_for
from acuse_workers.reading.limits import MIB, ReadingLimits
from acuse_workers.reading.sandbox import open_reader

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reading.md").read_text(encoding="utf-8")
EXAMPLE, ERROR = map(json.loads, re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def read(path: Path) -> dict[str, Any]:
    return asyncio.run(_answer(path)) | {"file": path.name, "seconds": 0}


async def _answer(path: Path) -> dict[str, Any]:
    async with open_reader() as reader:
        return await answer_for(path, reader)


def test_the_shown_line_is_what_the_sample_gives(tmp_path: Path) -> None:
    path = tmp_path / "factura-b.pdf"
    path.write_bytes(sample("factura-b").data)

    found = read(path)

    assert list(found) == list(EXAMPLE)
    assert found == EXAMPLE | {"seconds": 0}


def test_the_shown_error_is_what_a_text_file_gives(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("hello")

    assert read(path)["error"] == ERROR


def test_every_kind_and_category_is_listed() -> None:
    rows = {line.split("|")[1].strip(): line for line in PAGE.splitlines() if line.startswith("|")}

    assert set(re.findall(r"`(\w+)`", rows["`kind`"])) == {"kind", *Kind}
    assert set(re.findall(r"`(\w+)`", rows["`category`"])) == {"category", *category.CATEGORIES}
    methods = set(re.findall(r"`(\w+)`", rows["`payment_method`"]))
    assert methods == {"payment_method", *PaymentMethod}


def test_every_field_and_kind_of_tax_is_told() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    told = rows[rows.index("kind") : rows.index("transfer") + 1]
    assert set(told) == {"kind", *CONTRACT_FIELDS, "items", "taxes", "transfer"}

    (sentence,) = re.findall(r"The kind of a tax is (.*?)\.", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) == set(TaxKind)


def test_the_limits_are_those_of_the_code() -> None:
    limits = ReadingLimits()

    assert f"| time | {limits.seconds:.0f} s" in PAGE
    assert f"| memory | {limits.memory_bytes // MIB // 1024} GiB" in PAGE
    assert f"files it writes, {limits.memory_bytes // 4 // MIB} MiB" in PAGE
    assert (
        f"| file | {limits.max_file_bytes // MIB} MiB, {limits.max_pixels // 1_000_000} million"
        f" pixels (told by the header, before decoding), {limits.max_pages} pages |"
    ) in PAGE
