"""What is in an image, and above all what is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from acuse_lab.images import PROGRAMS, Image
from support.containers import OciArchive

MIB = 1 << 20
# Measured compressed, plus a fifth: operator 52, webhook and console 57, workers 123 MiB.
LARGEST = {"operator": 62 * MIB, "webhook": 68 * MIB, "console": 68 * MIB, "workers": 280 * MIB}
TOOLS = re.compile(
    r"(^|/)bin/(apt.*|dpkg.*|pip.*|gcc.*|g\+\+.*|cc|c\+\+|ld|as|make|perl.*|curl|wget|su|mount|passwd)$"
)
INSTALLERS = re.compile(r"/(pip|setuptools|wheel|ensurepip)(-[^/]+)?/")
LEFTOVERS = re.compile(r"^(var/(log|cache|lib/apt)/|root/|etc/ld\.so\.cache$|.*\.log$|.*~$)")
PROGRAM_PACKAGES = ("acuse_lab", *(f"acuse_{program}" for program in PROGRAMS))


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_an_image_says_what_it_is_and_whom_it_runs_as(
    program: str, archives: dict[str, OciArchive], images: dict[str, Image]
) -> None:
    config = archives[program].configuration["config"]

    name = "org.opencontainers.image"
    assert config["User"] == "65532:65532"
    assert config["Labels"][f"{name}.title"] == f"acuse-{program}"
    assert config["Labels"][f"{name}.licenses"] == "Apache-2.0"
    assert (
        images[program].reference
        == f"localhost/acuse-{program}:dev-" + (config["Labels"][f"{name}.revision"])
    )
    assert config["Labels"][f"{name}.version"] == "0.1.0"


def test_an_image_is_small(program: str, archives: dict[str, OciArchive]) -> None:
    assert archives[program].compressed_bytes < LARGEST[program]


def test_no_file_lends_its_owners_rights_and_none_but_tmp_can_be_written(
    program: str, archives: dict[str, OciArchive]
) -> None:
    members = archives[program].members

    assert {name for name, member in members.items() if member.mode & 0o6000} == set()
    assert {name for name, member in members.items() if (member.uid, member.gid) != (0, 0)} == set()
    assert {
        name for name, member in members.items() if member.mode & 0o002 and not member.issym()
    } == {"tmp"}


def test_no_installer_compiler_or_package_manager_is_inside(
    program: str, archives: dict[str, OciArchive]
) -> None:
    assert list(_matching(archives[program], TOOLS)) == []
    assert list(_matching(archives[program], INSTALLERS)) == []


def test_nothing_is_left_over_from_the_build(program: str, archives: dict[str, OciArchive]) -> None:
    assert list(_matching(archives[program], LEFTOVERS)) == []


def test_an_image_holds_its_own_program_and_no_other(
    program: str, archives: dict[str, OciArchive]
) -> None:
    there = {
        part
        for name in archives[program].members
        for part in PROGRAM_PACKAGES
        if f"/dist-packages/{part}/" in name
    }

    assert there == {f"acuse_{program}"}


def test_the_images_share_their_lower_layers(archives: dict[str, OciArchive]) -> None:
    lower = {
        tuple(layer["digest"] for layer in archive.manifest["layers"][:2])
        for archive in archives.values()
    }

    assert len(lower) == 1


def test_packages_of_the_distribution_are_listed_for_scanners(
    archives: dict[str, OciArchive],
) -> None:
    listed = {
        name.rsplit("/", 1)[1]
        for name in archives["workers"].members
        if name.startswith("var/lib/dpkg/status.d/")
    }

    assert {"libc6", "libssl3", "python3.11-minimal", "tesseract-ocr", "tini"} <= listed


def test_no_bundled_library_is_gpl(archives: dict[str, OciArchive]) -> None:
    assert list(_matching(archives["workers"], re.compile(r"/lib(x264|x265|kvazaar)"))) == []


def _matching(archive: OciArchive, pattern: re.Pattern[str]) -> Iterator[str]:
    return (name for name in archive.members if pattern.search(name))
