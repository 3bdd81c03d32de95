"""The run's installation, with tenants that go with the test that made them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.installed import Installed


@pytest.fixture
def acuse(acuse_installed: Installed) -> Iterator[Installed]:
    """Yield the installation; namespaces of tenants that the test made go after it."""
    before = shops(acuse_installed)
    yield acuse_installed
    made = sorted(shops(acuse_installed) - before)
    if made:
        # The next test need not wait for the end of what it does not use.
        acuse_installed.kubectl("delete", "namespace", *made, "--wait=false")


def shops(installed: Installed) -> set[str]:
    """Return the namespaces that tests' tenants live in."""
    names = installed.kubectl("get", "namespaces", "--output=name").split()
    return {name.partition("/")[2] for name in names if "/shop-" in name}
