"""The same input gives the same image; unchanged input is not built again."""

from __future__ import annotations

from pathlib import Path

from acuse_lab.images import Image, build_images
from acuse_lab.images.build import alone
from acuse_lab.images.wheels import EPOCH
from acuse_lab.images.workshop import open_workshop
from support.containers import OciArchive

TINY = """
FROM scratch AS tiny
COPY Containerfile /
COPY revision /
ARG REVISION=unknown
LABEL revision="${REVISION}"
"""


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


def test_a_label_is_never_that_of_an_earlier_build(image_source: Path, tmp_path: Path) -> None:
    assert image_source.is_dir()
    (tmp_path / "Containerfile").write_text(TINY)

    found: list[str] = []
    with alone():
        workshop = open_workshop(tmp_path / "log", lambda _: None, epoch=EPOCH)
        for revision in ("first", "second"):
            tag, archive = "localhost/acuse-tiny:newest", tmp_path / f"{revision}.tar"
            # As in ours: without the file, buildah takes the LABEL from its cache.
            (tmp_path / "revision").write_text(revision)
            arguments = {"REVISION": revision}
            workshop.build("tiny", tag, context=tmp_path, arguments=arguments, fresh=False)
            workshop.export(tag, archive, tag)
            found.append(OciArchive(archive).configuration["config"]["Labels"]["revision"])

    assert found == ["first", "second"]
