"""Whatever became of a file, it is read or ends with a code that is documented.

`ACUSE_FUZZ_EXAMPLES=20000 pytest tests/integration/reading/test_fuzzing_decoders.py` looks for
longer. Every file is decoded in a process of its own with the reader's bounds, so that a decoder
that crashes ends its process alone, and one that lets out an exception of its own is found.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from acuse.errors import AcuseError
from acuse.reading.interpret import interpret
from acuse.reading.wire import reading_from_data, reading_to_data
from acuse_workers.reading.limits import ReadingLimits
from acuse_workers.reading.nursing import open_nursery
from acuse_workers.reading.sandbox import Reader
from support.decoding import TODAY, Decoder, open_decoder
from support.mutations import damaged, fiscal_addresses, seeds

EXAMPLES: Final = int(os.environ.get("ACUSE_FUZZ_EXAMPLES", "150"))
# A whole reading, letters included, takes as long as dozens of decodings.
READINGS: Final = max(EXAMPLES // 50, 3)
SLOW: Final = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
CODES: Final = {
    "document_broken",
    "document_protected",
    "document_too_big",
    "media_type_unsupported",
    "reading_crashed",
    "reading_timed_out",
}


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with open_decoder() as opened:
        yield opened


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzing") / "document"


@pytest.mark.parametrize("name", sorted(seeds()))
def test_what_is_damaged_below_was_sound(name: str, decoder: Decoder, path: Path) -> None:
    path.write_bytes(seeds()[name])

    assert decoder.decode(path) == "read"


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(damaged())
def test_a_damaged_file_is_decoded_or_ends_with_a_code(
    decoder: Decoder, path: Path, content: bytes
) -> None:
    path.write_bytes(content)

    outcome, _, signal = decoder.decode(path).partition(" by ")
    # `--hypothesis-show-statistics` shows how many came to what.
    event(f"{outcome} {signal}")

    assert outcome in {"read", *CODES}


@settings(max_examples=READINGS, deadline=None, suppress_health_check=SLOW)
@given(damaged())
def test_a_damaged_file_ends_so_in_the_sandbox(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    assert asyncio.run(_outcome(path)) in {"read", *CODES}


async def _outcome(path: Path) -> str:
    try:
        async with open_nursery() as nursery:
            await Reader(nursery, ReadingLimits(seconds=20)).read(path)
    except AcuseError as exc:
        return exc.code
    return "read"


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW)
@given(st.one_of(fiscal_addresses(), st.text(max_size=80)))
@example("https://www.arca.gob.ar/fe/qr/?p=")
def test_a_code_says_something_fiscal_or_not(said: str) -> None:
    found = interpret([], [said], today=TODAY, engine="fuzz")

    assert reading_from_data(reading_to_data(found)) == found
    assert found.amount is None or 0 < found.amount.value < 10**12
