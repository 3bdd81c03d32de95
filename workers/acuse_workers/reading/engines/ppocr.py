"""PP-OCR by rapidocr on onnxruntime: the models come with the package, none is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from acuse_workers.reading.engines.pixels import Spotted

_LEAST_SURE: Final = 0.5
# Letters are read from lines of this height, in so many colours.
_COLOURS, _LINE_HEIGHT = 3, 48
_SHEET: Final = (160, 64)


@dataclass(frozen=True, slots=True)
class Setting:
    """How text is looked for and read; each value is compared with others in docs/benchmarks.md."""

    # Text is looked for in a picture of this size on its longer side; `min`: on its shorter one.
    # Letters are read from the larger picture.
    look_side: int = 960
    look_by: Literal["max", "min"] = "max"
    # A short line is filled up to so many pixels.
    line_width: int = 64
    # Lines that are read at once.
    batch: int = 1


SETTING: Final = Setting()


class PpOcr:
    """One engine with its models in memory; one picture at a time."""

    def __init__(self, *, threads: int, setting: Setting = SETTING) -> None:
        """Load the models: a second of one processor's time."""
        # It has no types, and takes a second to import.
        rapidocr: Any = import_module("rapidocr")
        self._engine: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Global.text_score": _LEAST_SURE,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_type": setting.look_by,
                "Det.limit_side_len": setting.look_side,
                "Rec.rec_batch_num": setting.batch,
                "Rec.rec_img_shape": [_COLOURS, _LINE_HEIGHT, setting.line_width],
            }
        )
        # Each model is loaded with the first picture that it is asked about.
        self._engine(_sheet())

    def spot(self, pixels: NDArray[np.uint8]) -> tuple[Spotted, ...]:
        """Return the lines of text in a grey picture, of shape (height, width)."""
        found: Any = self._engine(np.repeat(pixels[:, :, np.newaxis], 3, axis=2))
        if found.boxes is None or found.txts is None or found.scores is None:
            return ()
        lines: list[Spotted] = []
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            a, b, c, d = ((float(x), float(y)) for x, y in box)
            lines.append(Spotted(str(text), float(score), (a, b, c, d)))
        return tuple(lines)


def _sheet() -> NDArray[np.uint8]:
    """Return a picture with a line of text on it."""
    sheet = Image.new("RGB", _SHEET, "white")
    ImageDraw.Draw(sheet).text((12, 12), "TOTAL", fill="black", font_size=32)
    return np.asarray(sheet)
