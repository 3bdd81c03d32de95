"""Which addresses a lab takes, and what its regions are called."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest

from acuse.errors import InvalidSettings, LabUnavailable
from acuse_lab.regions.addons import corefile
from acuse_lab.regions.lab import Lab
from acuse_lab.regions.network import free_prefix


def network(name: str) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(name)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path / "lab", label="test")
    lab.folder.mkdir()
    lab.network_file.write_text(json.dumps({"prefix": "10.90"}))
    return lab


@pytest.mark.parametrize(
    ("used", "prefix"),
    [
        ([], "10.77"),
        (["0.0.0.0/0"], "10.77"),
        (["10.77.5.0/24"], "10.78"),
        (["10.64.0.0/12"], "10.80"),
    ],
    ids=["nothing", "a default route", "one in it", "one around it"],
)
def test_a_lab_takes_the_first_addresses_that_nothing_uses(used: list[str], prefix: str) -> None:
    assert free_prefix(map(network, used)) == prefix


def test_a_lab_says_so_when_every_address_is_in_use() -> None:
    with pytest.raises(LabUnavailable, match=r"every network from 10\.77\.0\.0/16"):
        free_prefix([network("10.0.0.0/8")])


def test_each_region_has_an_address_of_its_own_and_keeps_it(lab: Lab) -> None:
    claimed = [lab.claim(name) for name in ("north", "south", "north")]

    assert [region.ip for region in claimed] == ["10.90.1.2", "10.90.2.2", "10.90.1.2"]
    assert [region.name for region in lab.regions()] == ["north", "south"]
    assert lab.region("south").host == "south.acuse.test"


@pytest.mark.parametrize("name", ["", "A", "1st", "a/b", "../x", "a-", "x" * 31])
def test_a_name_that_could_be_no_hosts_is_refused(lab: Lab, name: str) -> None:
    with pytest.raises(InvalidSettings, match="cannot be a region's name"):
        lab.claim(name)


def test_an_unknown_region_is_said_to_be_unknown(lab: Lab) -> None:
    lab.claim("north")

    with pytest.raises(InvalidSettings, match=r"no region is called south \(north\)"):
        lab.region("south")


def test_dns_knows_the_gateways_and_asks_nobody_outside() -> None:
    text = corefile({"b.acuse.test": "10.90.2.2", "a.acuse.test": "10.90.1.2"})

    assert "    10.90.1.2 a.acuse.test\n    10.90.2.2 b.acuse.test\n" in text
    assert "forward" not in text
