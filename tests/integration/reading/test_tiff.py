"""TIFF files, as scanners, fax machines and cameras write them, are read as scans are."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image, ImageChops

from acuse_lab.documents.catalogue import sample
from acuse_workers.reading.images import load_image
from acuse_workers.reading.limits import ReadingLimits
from acuse_workers.reading.media_type import MediaType
from acuse_workers.reading.nursing import Nursery
from acuse_workers.reading.sandbox import Reader
from acuse_workers.reading.tiff import page_frames

LIMITS: Final = ReadingLimits()
ORIENTATION: Final = 274
# How a viewer undoes each orientation; what is stored is turned the other way.
STORED: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def shade(wide: int = 120, tall: int = 60) -> Image.Image:
    """Return a picture that looks another way however it is turned."""
    across = Image.linear_gradient("L").rotate(90).resize((wide, tall))
    down = Image.linear_gradient("L").resize((wide, tall))
    return ImageChops.multiply(across, down.point(list(range(128, 256)) * 2))


def loaded(path: Path, frame: int = 0) -> Image.Image:
    return load_image(path, MediaType.TIFF, max_pixels=LIMITS.max_pixels, frame=frame)


def difference(a: Image.Image, b: Image.Image) -> float:
    assert a.size == b.size
    return float(np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).mean())


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg"])
@pytest.mark.parametrize(("orientation", "stored"), STORED.items())
def test_a_page_is_turned_as_it_says(
    orientation: int, stored: Image.Transpose, compression: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.tiff"
    upright = shade()
    upright.transpose(stored).save(
        path, compression=compression, tiffinfo={ORIENTATION: orientation}
    )

    assert difference(loaded(path), upright) < 3


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits"])
def test_a_page_of_a_fax_is_read(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "fax.tiff"
    page = shade().convert("1")
    page.save(path, compression=compression)

    assert difference(loaded(path), page.convert("L")) == 0


def test_a_page_of_sixteen_bits_keeps_its_tones(tmp_path: Path) -> None:
    path = tmp_path / "deep.tiff"
    Image.fromarray(np.asarray(shade()).astype(np.uint16) * 257).save(path)

    assert difference(loaded(path), shade()) <= 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "P", "YCbCr", "LA"])
def test_a_page_in_colours_is_read(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "colours.tiff"
    page = shade().convert("RGB").convert(mode)
    page.save(path)

    assert difference(loaded(path), page.convert("L")) < 4


def test_a_smaller_copy_of_a_page_is_no_page(tmp_path: Path) -> None:
    path = tmp_path / "with-thumbnail.tiff"
    shade().save(path, save_all=True, append_images=[Image.new("L", (20, 10)), shade()])
    content = bytearray(path.read_bytes())
    # The second page's first tag, its width, gives way to what says that it is a copy.
    second = content.index(struct.pack("<HHIHH", 256, 4, 1, 20, 0))
    content[second : second + 12] = struct.pack("<HHIHH", 254, 4, 1, 1, 0)
    path.write_bytes(content)

    assert page_frames(path, LIMITS) == (0, 2)


def test_each_page_is_another_picture(tmp_path: Path) -> None:
    path = tmp_path / "pages.tiff"
    others = [Image.new("L", (50, 50 + n), 40 * n) for n in range(1, 5)]
    shade().save(path, save_all=True, append_images=others)

    assert page_frames(path, LIMITS) == (0, 1, 2, 3, 4)
    assert [loaded(path, frame).size for frame in range(1, 5)] == [p.size for p in others]


async def test_of_a_long_tiff_the_last_page_has_the_total(tmp_path: Path, nursery: Nursery) -> None:
    path = tmp_path / "long.tiff"
    with Image.open(io.BytesIO(sample("scan-tiff").data)) as ticket:
        blank = Image.new("L", ticket.size, 255)
        blank.save(
            path, save_all=True, append_images=[*[blank] * 6, ticket], compression="tiff_lzw"
        )

    reading = await Reader(nursery).read(path)

    assert reading.amount is not None
    assert f"{reading.amount.value:.2f}" == sample("scan-tiff").truth["amount"]
    assert reading.amount.evidence.page == 8
