"""The API's world for the tests of this folder."""

from __future__ import annotations

from support.console_world import world

__all__ = ["world"]
