"""Where regions cannot run, one line says why."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from acuse.errors import LabUnavailable
from acuse_lab.regions import abilities
from acuse_lab.regions.abilities import check_regions, check_root, why_no_regions
from acuse_lab.regions.fleet import regions_up


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    why_no_regions.cache_clear()
    yield
    why_no_regions.cache_clear()


def test_without_root_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    for ask in (check_root, check_regions, regions_up):
        with pytest.raises(LabUnavailable, match="regions need root") as refused:
            ask()
        assert refused.value.code == "lab_unavailable"


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(abilities, "_TOOLS", ("no-such-program",))

    assert why_no_regions() == (
        "`no-such-program` is missing (scripts/setup cluster installs it, as root)"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gets so far")
def test_what_the_kernel_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abilities, "_missing", lambda: None)
    monkeypatch.setattr(abilities, "_PROBE", "echo no such thing >&2; exit 1")

    assert why_no_regions() == "the kernel does not allow what regions need: no such thing"
