"""A tilted picture is turned so that its lines are level, and they are where they were in it."""

from __future__ import annotations

import math

import pytest
from PIL import Image

from acuse_workers.reading.engines.asking import straightened, tilt
from acuse_workers.reading.engines.pixels import Spotted

SIZE = (600, 800)


def line(text: str, *, at: tuple[float, float], degrees: float = 0.0) -> Spotted:
    """Return a line of 200 by 20 pixels whose first corner is there, and which falls so much."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def corner(right: float, down: float) -> tuple[float, float]:
        return at[0] + right * cos - down * sin, at[1] + right * sin + down * cos

    return Spotted(text, 0.9, (corner(0, 0), corner(200, 0), corner(200, 20), corner(0, 20)))


@pytest.mark.parametrize("degrees", [-12.0, -1.5, 0.0, 3.0, 20.0])
def test_the_tilt_is_that_of_most_lines(degrees: float) -> None:
    lines = [line("TOTAL 12,00", at=(50, y), degrees=degrees) for y in range(100, 700, 100)]

    assert tilt([*lines, line("sello", at=(300, 300), degrees=40)]) == pytest.approx(degrees)


def test_without_a_wide_line_there_is_no_tilt() -> None:
    tall = Spotted("I", 0.9, ((10.0, 10.0), (20.0, 10.0), (20.0, 60.0), (10.0, 60.0)))

    assert tilt([tall]) == 0.0
    assert tilt([]) == 0.0


def test_a_tilted_picture_is_set_straight_with_its_lines() -> None:
    picture = Image.new("L", SIZE, 255)
    mark = line("MARK", at=(100, 200), degrees=6.0)
    dark = [round(sum(corner[i] for corner in mark.corners) / 4) for i in (0, 1)]
    picture.paste(0, (dark[0] - 6, dark[1] - 6, dark[0] + 6, dark[1] + 6))

    found = straightened(picture, [mark], page=1)

    (word,) = found.words
    middle = (word.box.left + word.box.right) / 2, (word.box.top + word.box.bottom) / 2
    assert word.box.height == pytest.approx(20, abs=0.5)
    assert found.picture.getpixel((round(middle[0]), round(middle[1]))) == 0
    assert found.picture.size != SIZE


def test_a_level_picture_is_left_as_it_is() -> None:
    picture = Image.new("L", SIZE, 255)

    found = straightened(picture, [line("TOTAL", at=(10, 10), degrees=0.1)], page=2)

    assert found.picture is picture
    assert [(w.text, w.page) for w in found.words] == [("TOTAL", 2)]
