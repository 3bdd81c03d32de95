"""`python -m acuse_lab.regions` builds what clusters here run, where progress can be seen."""

from __future__ import annotations

from acuse.errors import InvalidSettings
from acuse_lab.go_tools import ETCD, HELM, KUBERNETES, build, say
from acuse_lab.regions.abilities import build_regions, why_no_regions


def main() -> None:
    """Build it all if it never was; say what tests will be skipped when that cannot be."""
    try:
        for tool in (ETCD, KUBERNETES, HELM):
            build(tool)
    except InvalidSettings as exc:
        say(f"tests that need a Kubernetes API server will be skipped: {exc}")
        return
    reason = why_no_regions()
    if reason is None:
        build_regions()
    else:
        say(f"tests that need a region will be skipped: {reason}")


if __name__ == "__main__":
    main()
