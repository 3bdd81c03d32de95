"""A control plane's etcd, copied while it is still, and set back to the copy later."""

from __future__ import annotations

import shutil
from pathlib import Path

from acuse_lab.regions.control_plane import ControlPlane


def copy_etcd(plane: ControlPlane, to: Path) -> None:
    """Copy what etcd holds, as a backup of its disk does; everything runs again afterwards."""
    plane.stop()
    shutil.copytree(_data(plane), to)
    plane.start()


def restore_etcd(plane: ControlPlane, copy: Path) -> None:
    """Set etcd back to a copy: all that was written since never was."""
    plane.stop()
    shutil.rmtree(_data(plane))
    shutil.copytree(copy, _data(plane))
    plane.start()


def _data(plane: ControlPlane) -> Path:
    return plane.place.folder / "etcd"
