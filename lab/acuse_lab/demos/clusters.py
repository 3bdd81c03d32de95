"""The clusters that the demo plays in: regions of its own, or the user's."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from acuse.errors import LabUnavailable
from acuse_lab.images import build_images
from acuse_lab.regions.contexts import own_contexts
from acuse_lab.regions.fleet import regions_down, regions_up
from acuse_lab.regions.handle import LabRegion
from acuse_lab.regions.lab import Lab
from acuse_lab.running.in_cluster import ImageSource, Say, imported

# Beside a lab of the user's, which it never touches.
_LAB: Final = Lab(Path("/var/lib/acuse/demo"), label="acusedemo", tied=True)
_REGIONS: Final = ("buenos-aires", "sao-paulo")
# What ACUSE_CONTEXTS cannot say of a cluster of the user's: where its nodes have the images from,
# and the address at which its pods reach this machine.
_REGISTRY: Final = "ACUSE_IMAGE_REGISTRY"
_TAG: Final = "ACUSE_IMAGE_TAG"
_HOST: Final = "ACUSE_HOST_ADDRESS"


@dataclass(frozen=True, slots=True)
class Clusters:
    """Where to play; the hub is in the first."""

    regions: tuple[LabRegion, ...]
    images: ImageSource


def clusters(show: Say, say: Say) -> AbstractContextManager[Clusters]:
    """Yield the clusters to play in; `show` gets the progress of builds, `say` what is done."""
    return _own_clusters() if own_contexts() else _own_regions(show, say)


@contextmanager
def _own_regions(show: Say, say: Say) -> Generator[Clusters, None, None]:
    """Yield regions of the demo's own, which end with the demo whatever happens to it."""
    with _only_demo():
        # First, as that takes longest where it was never built.
        images = build_images(show)
        # Whatever a demo that was killed has left.
        regions_down(lab=_LAB)
        try:
            regions = regions_up(_REGIONS, lab=_LAB)
            names = " and ".join(region.name for region in regions)
            say(f"{names} are up: each Kubernetes, containerd, CoreDNS, Contour and Envoy")
            _give(regions, [image.archive for image in images.values()])
            say("images of Acuse's programs are on the nodes")
            yield Clusters(tuple(regions), imported(images))
        finally:
            regions_down(lab=_LAB)


def _give(regions: Sequence[LabRegion], archives: Sequence[Path]) -> None:
    def give(region: LabRegion) -> None:
        for archive in archives:
            region.import_image(archive)

    with ThreadPoolExecutor(max_workers=len(regions)) as pool:
        for done in [pool.submit(give, region) for region in regions]:
            done.result()


@contextmanager
def _only_demo() -> Generator[None, None, None]:
    """Keep a second demo from taking this one's regions down; LabUnavailable says so to it."""
    # A name in the kernel, not in a folder: it is gone with its process, whatever ends that.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as name:
        try:
            name.bind("\0acuse-demo")
        except OSError as exc:
            raise LabUnavailable("another demo is running on this machine") from exc
        yield


@contextmanager
def _own_clusters() -> Generator[Clusters, None, None]:
    """Yield clusters of the user's, as they are; LabUnavailable names what has to be told."""
    told = {name: os.environ.get(name, "") for name in (_REGISTRY, _TAG, _HOST)}
    missing = [name for name, value in told.items() if not value]
    if missing:
        raise LabUnavailable(f"clusters of yours need {' and '.join(missing)}")
    given = regions_up(min(len(own_contexts()), len(_REGIONS)))
    regions = tuple(replace(region, host_ip=told[_HOST]) for region in given)
    for region in regions:
        if not region.ip:
            raise LabUnavailable(
                f"{region.name} has no Gateway acuse-gateway/acuse with an address"
            )
    yield Clusters(regions, ImageSource(told[_REGISTRY], told[_TAG], "IfNotPresent"))
