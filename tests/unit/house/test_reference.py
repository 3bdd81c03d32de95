"""The reference pages say what the code says."""

from __future__ import annotations

import pytest

from support.reference import PAGES, metrics, pages, programs

GENERATED = pages()


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_a_reference_page_equals_the_code(name: str) -> None:
    assert (PAGES / name).read_text(encoding="utf-8") == GENERATED[name], "run `make reference`"


def test_every_setting_is_documented() -> None:
    bare = [
        f"{program}.{name}"
        for program, kind in programs().items()
        for name, field in kind.model_fields.items()
        if not field.description
    ]

    assert bare == []
    assert set(programs()) >= {"intake", "worker", "api"}


def test_every_metric_has_help() -> None:
    assert [m for m in metrics() if not next(iter(m.describe())).documentation] == []
