"""Which process of a parallel run does which tests: `pytest -n 2`, by pytest-xdist.

Whatever needs real regions, or the images that run in them, stays together and starts first, in a
process of its own: regions take long to make, are shared by their tests, and wait more than they
work. All else is spread module by module, so that what a module makes for its tests is made once.
"""

from __future__ import annotations

from typing import Final

import pytest
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs]
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs]

_TOGETHER: Final = "tests/cluster"
# Charts are installed on API servers without nodes.
_APART: Final = "tests/cluster/chart/"


def is_in_region(nodeid: str) -> bool:
    """Tell whether a test is one of those that stay together."""
    return nodeid.startswith(f"{_TOGETHER}/") and not nodeid.startswith(_APART)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let one of several processes begin with what takes longest."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not is_in_region(item.nodeid))


class Spread(LoadScopeScheduling):
    """Hands out modules in the order of collection, and those in regions as one."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what a test is to stay with; xdist asks for it by this name."""
        return _TOGETHER if is_in_region(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spread:
    """Take this scheduler in place of xdist's own."""
    config.option.loadscopereorder = False
    return Spread(config, log)
