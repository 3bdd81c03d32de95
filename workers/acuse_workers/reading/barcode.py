"""QR codes in a picture, by zxing-cpp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import zxingcpp
from PIL import Image

AS_IT_IS: Final = (1,)
# A fiscal QR on a photographed A4 sheet has 2 to 3 pixels a module: readable at 2x or 3x only.
# To look there takes some twenty times as long.
ENLARGED: Final = (2, 3)
_LARGEST_SIDE = 5000
_LONGEST = 4096


def read_codes(
    image: Image.Image, *, scales: Sequence[int] = AS_IT_IS + ENLARGED
) -> tuple[str, ...]:
    """Return the text of each QR code, at the first of the scales at which there is one."""
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    for scale in scales:
        size = (image.width * scale, image.height * scale)
        if scale > 1 and max(size) > _LARGEST_SIDE:
            break
        picture = image if scale == 1 else image.resize(size, Image.Resampling.BICUBIC)
        found = zxingcpp.read_barcodes(picture, formats=formats)
        if found:
            return tuple(code.text[:_LONGEST] for code in found)
    return ()
