"""Builds the images of Acuse's programs on this machine and keeps them as OCI archives."""

from __future__ import annotations

from acuse_lab.images.build import build_images, built_images
from acuse_lab.images.image import PROGRAMS, Image

__all__ = ["PROGRAMS", "Image", "build_images", "built_images"]
