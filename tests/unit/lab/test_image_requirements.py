"""What the images install is what dev.txt pins, whole, without doubles, under fit licences."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from acuse_lab.images import PROGRAMS
from acuse_lab.images.inputs import CHECKOUT, PARTS

# The images' machine, whatever this one is.
IMAGE = {
    "python_version": "3.11",
    "python_full_version": "3.11.2",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}
GPL = re.compile(r"(?<!L)(?<!Lesser )\b(A?GPL|(Affero )?General Public)", re.IGNORECASE)


def pins(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Return each pinned name's version and hashes; a pin for another Python is left out."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for block in re.findall(r"^\S.*(?:\n +.*)*", path.read_text(), re.MULTILINE):
        requirement = Requirement(block.split("--hash=")[0].replace("\\", "").strip())
        if requirement.marker is None or requirement.marker.evaluate(IMAGE):
            hashes = frozenset(re.findall(r"--hash=(\S+)", block))
            found[canonicalize_name(requirement.name)] = (str(requirement.specifier), hashes)
    return found


LOCK = pins(CHECKOUT / "requirements/dev.txt")
IMAGES = {part: pins(CHECKOUT / f"requirements/image-{part}.txt") for part in PARTS}


@pytest.mark.parametrize("part", PARTS)
def test_each_pin_and_its_hashes_are_those_of_the_lock(part: str) -> None:
    assert IMAGES[part] == {name: LOCK[name] for name in IMAGES[part]}
    assert all(hashes for _, hashes in IMAGES[part].values())


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_image_holds_all_that_its_program_requires_and_nothing_else(program: str) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]

    more = extras["ppocr"] if program == "workers" else []
    required = closure([*project["dependencies"], *extras["cluster"], *extras[program], *more])

    assert set(IMAGES["common"]) | set(IMAGES[program]) == required


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_is_in_an_image_twice(program: str) -> None:
    assert set(IMAGES["common"]) & set(IMAGES[program]) == set()


def test_no_package_inside_is_gpl() -> None:
    inside = {name for part in IMAGES.values() for name in part}

    assert {name for name in inside if GPL.search(licence(name))} == set()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("GPL-3.0-only", True),
        ("GNU General Public License v2 (GPLv2)", True),
        ("GNU Affero General Public License", True),
        ("AGPL-3.0", True),
        ("LGPL-3.0-only", False),
        ("GNU Lesser General Public License v2 or later (LGPLv2+)", False),
        ("MIT", False),
    ],
)
def test_a_licence_is_told_from_its_lesser_form(text: str, refused: bool) -> None:
    assert bool(GPL.search(text)) is refused


def closure(requirements: list[str]) -> set[str]:
    """Return the names of all that these requirements need, as what is installed here says."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        new = ({""} | requirement.extras) - found.get(name, set())
        found.setdefault(name, set()).update(new)
        for extra in new:
            waiting += needs(name, extra)
    return set(found)


def needs(name: str, extra: str) -> Iterator[Requirement]:
    """Return what a package's extra (or the package itself) requires in an image."""
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None:
            if not extra:
                yield requirement
        elif marker.evaluate({**IMAGE, "extra": extra}):
            yield requirement


def licence(name: str) -> str:
    """Return all that a package says of its licence."""
    try:
        metadata: Any = distribution(name).metadata
    except PackageNotFoundError:
        pytest.fail(f"{name} is not installed here")
    said = [metadata.get("License-Expression") or metadata.get("License") or ""]
    said += [line for line in metadata.get_all("Classifier") or () if line.startswith("License")]
    # A licence's whole text may speak of others.
    return "\n".join(line[:80] for line in said)
