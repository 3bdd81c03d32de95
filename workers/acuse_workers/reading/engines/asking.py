"""Asks the recogniser for a picture's words, and sets the picture straight by them."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from PIL import Image

from acuse.errors import ReadingCrashed
from acuse.reading.values import Box, Word
from acuse_workers.reading.engines.pixels import Shown, Spots, Spotted
from acuse_workers.reading.engines.recognised import Recognised

# Letters are read from a picture whose longer side has this many pixels at most.
_SIDE: Final = 2000
# Lines that stand upright by this ratio are of a picture that lies on its side.
_TALL: Final = 1.5
# Degrees that are worth being set straight, and beyond which the corners tell something else.
_LEAST_TILT: Final = 0.4
_MOST_TILT: Final = 30.0
# What is read upside down is read unsurely, letter by letter; a blurred picture is so too.
_SURE: Final = 0.86


class RecogniserLine:
    """The child's line to the process that keeps the models."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._pipe = self._socket.makefile("rwb")

    def upright(self, picture: Image.Image, *, page: int) -> Recognised:
        """Return the words of a picture, turned by quarters if it makes no sense as it stands.

        Raises ReadingCrashed when the process ended.
        """
        lines = self.spot(picture)
        if is_on_its_side(lines):
            # Upright lines were read turned to the left, which is right for half of such pictures.
            picture, lines = to_the_left(picture, lines)
        found = straightened(picture, lines, page=page)
        if found.sureness >= _SURE:
            return found
        turned = self.recognise(found.picture.transpose(Image.Transpose.ROTATE_180), page=page)
        return turned if turned.sureness > found.sureness else found

    def recognise(self, picture: Image.Image, *, page: int) -> Recognised:
        """Return the words of a picture as it stands. Raises ReadingCrashed."""
        return straightened(picture, self.spot(picture), page=page)

    def spot(self, picture: Image.Image) -> tuple[Spotted, ...]:
        """Return the lines of text in a picture as it stands. Raises ReadingCrashed."""
        scale = min(_SIDE / max(picture.size), 1.0)
        shown = picture
        if scale < 1.0:
            size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
            shown = picture.resize(size, Image.Resampling.LANCZOS)
        try:
            question = msgspec.json.encode(Shown(shown.width, shown.height))
            self._pipe.write(question + b"\n" + shown.tobytes())
            self._pipe.flush()
            answer = msgspec.json.decode(self._pipe.readline(), type=Spots)
        except (OSError, msgspec.MsgspecError) as exc:
            raise ReadingCrashed("the recogniser ended") from exc
        return answer.lines if scale == 1.0 else tuple(_scaled(answer.lines, 1 / scale))


def _scaled(lines: Iterable[Spotted], by: float) -> Iterable[Spotted]:
    for line in lines:
        a, b, c, d = ((x * by, y * by) for x, y in line.corners)
        yield Spotted(line.text, line.confidence, (a, b, c, d))


def is_on_its_side(lines: Sequence[Spotted]) -> bool:
    """Tell whether most letters stand in lines that go up or down."""
    tall = sum(len(line.text) for line in lines if _height(line) > _TALL * _width(line))
    return tall > sum(len(line.text) for line in lines) / 2


def to_the_left(
    picture: Image.Image, lines: Iterable[Spotted]
) -> tuple[Image.Image, tuple[Spotted, ...]]:
    """Return a picture turned by a quarter to the left, and its lines where they are in it."""

    def moved(x: float, y: float) -> tuple[float, float]:
        return y, picture.width - x

    turned: list[Spotted] = []
    for line in lines:
        a, b, c, d = (moved(x, y) for x, y in line.corners)
        turned.append(Spotted(line.text, line.confidence, (b, c, d, a)))
    return picture.transpose(Image.Transpose.ROTATE_90), tuple(turned)


def _width(line: Spotted) -> float:
    return math.dist(line.corners[0], line.corners[1])


def _height(line: Spotted) -> float:
    return math.dist(line.corners[0], line.corners[3])


def straightened(picture: Image.Image, lines: Sequence[Spotted], *, page: int) -> Recognised:
    """Return the picture turned, and with it its lines, so that most of them are level."""
    degrees = tilt(lines)
    if not _LEAST_TILT <= abs(degrees) <= _MOST_TILT:
        return Recognised(picture, tuple(words_of(lines, page)))
    turned = picture.rotate(degrees, Image.Resampling.BILINEAR, expand=True, fillcolor=255)
    level = _turned(lines, degrees, before=picture.size, after=turned.size)
    return Recognised(turned, tuple(words_of(level, page)))


def tilt(lines: Sequence[Spotted]) -> float:
    """Return by how many degrees lines fall to the right: the median, weighed by their width."""
    wide = [line for line in lines if _width(line) > 2 * _height(line)]
    by_angle = sorted((_angle(line), _width(line)) for line in wide)
    half = sum(width for _, width in by_angle) / 2
    for angle, width in by_angle:
        half -= width
        if half <= 0:
            return angle
    return 0.0


def _angle(line: Spotted) -> float:
    (left, top), (right, other) = line.corners[0], line.corners[1]
    return math.degrees(math.atan2(other - top, right - left))


def _turned(
    lines: Iterable[Spotted], degrees: float, *, before: tuple[int, int], after: tuple[int, int]
) -> Iterable[Spotted]:
    """Yield the lines where they are after Pillow turned the picture about its middle."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def moved(x: float, y: float) -> tuple[float, float]:
        right, down = x - before[0] / 2, y - before[1] / 2
        return right * cos + down * sin + after[0] / 2, down * cos - right * sin + after[1] / 2

    for line in lines:
        a, b, c, d = (moved(x, y) for x, y in line.corners)
        yield Spotted(line.text, line.confidence, (a, b, c, d))


def words_of(lines: Iterable[Spotted], page: int) -> Iterable[Word]:
    """Yield the lines as words in level boxes, where they are."""
    for line in lines:
        left, right = (pick(x for x, _ in line.corners) for pick in (min, max))
        # Of a line that is a little tilted, its own height and not that of what is around it.
        top = (line.corners[0][1] + line.corners[1][1]) / 2
        bottom = (line.corners[2][1] + line.corners[3][1]) / 2
        if line.text.strip() and bottom > top:
            box = Box(left=left, top=top, right=right, bottom=bottom)
            yield Word(line.text.strip(), box, line.confidence, page)
