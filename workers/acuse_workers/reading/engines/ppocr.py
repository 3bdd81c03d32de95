"""PP-OCR by rapidocr on onnxruntime: the models come with the package, none is downloaded."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from acuse_workers.reading.engines.pixels import Spotted

# Text is looked for in a picture of this size on its longer side; letters are read from the larger
# one. On labelled receipts 736 loses 3 % of the totals and 8 % of the vendors, and more finds none.
_LOOK_SIDE: Final = 960
# Letters are read from lines of this height; a short line is filled up to so many pixels only.
_LINE_SHAPE: Final = (3, 48, 64)
_LEAST_SURE: Final = 0.5


class PpOcr:
    """One engine with its models in memory; one picture at a time."""

    def __init__(self, *, threads: int) -> None:
        # It has no types, and takes a second to import.
        rapidocr: Any = import_module("rapidocr")
        self._engine: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Global.text_score": _LEAST_SURE,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Det.limit_type": "max",
                "Det.limit_side_len": _LOOK_SIDE,
                # One line at a time takes no more time, and half the memory.
                "Rec.rec_batch_num": 1,
                "Rec.rec_img_shape": list(_LINE_SHAPE),
            }
        )
        # Loads the models: a sheet without a letter on it has nothing to be read, but is looked at.
        self._engine(np.full((64, 64, 3), 255, dtype=np.uint8))

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
