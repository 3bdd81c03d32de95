"""Fills build/ of this checkout with the wheels that `docker build` takes into the images."""

from __future__ import annotations

import sys

from acuse.errors import InvalidSettings
from acuse_lab.images.inputs import CHECKOUT
from acuse_lab.images.running import Runner
from acuse_lab.images.trial import fill_trial
from acuse_lab.images.wheels import EPOCH, fill_context


def main() -> None:
    """Fill build/; nothing else of the checkout changes."""
    (CHECKOUT / "build").mkdir(exist_ok=True)
    runner = Runner(CHECKOUT / "build/wheels.log", _say, {"SOURCE_DATE_EPOCH": EPOCH})
    fill_context(runner, CHECKOUT, _say)
    _say("build/wheels, build/own and build/revision are filled")
    try:
        fill_trial(CHECKOUT)
    except InvalidSettings as exc:
        _say(f"build/trial is not, so there is no acuse-s3: {exc}")


def _say(line: str) -> None:
    sys.stderr.write(f"wheels: {line}\n")


if __name__ == "__main__":
    main()
