"""Whether an image must be built again, and where its base comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from acuse.errors import InvalidSettings
from acuse_lab.images.base import Source, parse_sources, proxy_settings
from acuse_lab.images.image import IMAGES
from acuse_lab.images.inputs import CHECKOUT, hash_of

LISTING = """\
http://mirror.example/debian/ bookworm main Packages
http://mirror.example/debian/ bookworm main Translations
http://mirror.example/debian/ bookworm main Packages
http://mirror.example/debian-security/ bookworm-security main Packages
http://other.example/ nodistro main Packages
http://mirror.example/debian/ trixie main Packages
"""
DUMP = """\
APT::Architecture "amd64";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::Check-Valid-Until "false";
Acquire::cdrom::mount "/media/cdrom/";
DPkg::Pre-Install-Pkgs:: "/usr/sbin/dpkg-preconfigure --apt || true";
"""


def test_the_hash_follows_names_and_contents_and_nothing_else(tmp_path: Path) -> None:
    code = tmp_path / "package"
    code.mkdir()
    (code / "a.py").write_text("one")
    first = hash_of(["package"], tmp_path)

    (code / "__pycache__").mkdir()
    (code / "__pycache__/a.pyc").write_text("bytecode")
    (code / "a.py").touch()
    assert hash_of(["package"], tmp_path) == first

    (code / "a.py").write_text("two")
    second = hash_of(["package"], tmp_path)
    (code / "a.py").rename(code / "b.py")
    assert len({first, second, hash_of(["package"], tmp_path)}) == 3


def test_outside_a_checkout_there_is_nothing_to_build(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="from a checkout of Acuse only"):
        hash_of(["Containerfile"], tmp_path)


def test_the_base_uses_this_machines_mirrors_of_its_own_release() -> None:
    assert parse_sources(LISTING) == (
        Source("http://mirror.example/debian/", "bookworm", "main"),
        Source("http://mirror.example/debian-security/", "bookworm-security", "main"),
    )


def test_the_base_uses_this_machines_proxy_and_none_of_its_hooks() -> None:
    assert proxy_settings(DUMP).splitlines() == [
        'Acquire::http::Proxy "http://proxy.example:3128";',
        'Acquire::Check-Valid-Until "false";',
    ]


def test_each_image_has_its_target() -> None:
    targets = re.findall(r"^FROM \S+ AS acuse-(\S+)$", _containerfile(), re.MULTILINE)

    assert sorted(targets) == sorted(IMAGES)


def test_what_the_containerfile_copies_is_let_into_the_context() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", _containerfile(), re.MULTILINE)
    let_in = re.findall(r"^!(\S+)$", (CHECKOUT / ".containerignore").read_text(), re.MULTILINE)

    sources = {source for line in copied for source in line.split()}
    assert {s for s in sources if not s.rstrip("/").startswith(tuple(let_in))} == set()
    assert (CHECKOUT / ".dockerignore").resolve() == CHECKOUT / ".containerignore"


def _containerfile() -> str:
    return (CHECKOUT / "Containerfile").read_text()
