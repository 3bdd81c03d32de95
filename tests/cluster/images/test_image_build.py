"""The same input gives the same image; unchanged input is not built again."""

from __future__ import annotations

from pathlib import Path

from acuse_lab.images import Image, build_images


def test_unchanged_input_is_not_built_again(images: dict[str, Image], image_source: Path) -> None:
    said: list[str] = []
    written = images["webhook"].archive.stat().st_mtime_ns

    again = build_images(said.append, source=image_source)

    assert again == images
    assert said == []
    assert images["webhook"].archive.stat().st_mtime_ns == written


def test_a_build_that_trusts_no_layer_gives_the_same_images(
    images: dict[str, Image], image_source: Path
) -> None:
    said: list[str] = []
    written = images["webhook"].archive.stat().st_mtime_ns

    again = build_images(said.append, fresh=True, source=image_source)

    assert images["webhook"].archive.stat().st_mtime_ns > written
    assert again == images
