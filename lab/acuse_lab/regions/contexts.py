"""Clusters that the user brings: `ACUSE_CONTEXTS=a,b` names contexts of their kubeconfig."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Final

from acuse.errors import InvalidSettings
from acuse.settings import cache_dir
from acuse_lab.regions import gateway
from acuse_lab.regions.handle import LabRegion, kubectl_program
from acuse_lab.regions.kubeconfig import write_secret_json

VARIABLE: Final = "ACUSE_CONTEXTS"


def own_contexts() -> tuple[str, ...]:
    """Return the contexts that are to be used instead of regions of the lab."""
    return tuple(name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip())


def context_region(context: str) -> LabRegion:
    """Return a context as a region; its kubeconfig holds that context alone."""
    kubeconfig = _only(context)
    ip = _gateway_address(kubeconfig)
    return LabRegion(name=context, kubeconfig=kubeconfig, ip=ip, host=ip, ca_file=None, host_ip="")


def _only(context: str) -> Path:
    view = ("config", "view", "--minify", "--flatten", "-o", "json")
    done = _kubectl(*view, f"--context={context}")
    if done.returncode != 0:
        raise InvalidSettings(f"{VARIABLE}: {done.stderr.strip()}")
    file = f"{re.sub(r'[^A-Za-z0-9.-]', '-', context)}.yaml"
    return write_secret_json(cache_dir() / "contexts" / file, json.loads(done.stdout))


def _gateway_address(kubeconfig: Path) -> str:
    named = ("get", "gateway", gateway.NAME, "-n", gateway.NAMESPACE, "-o", "json")
    done = _kubectl(f"--kubeconfig={kubeconfig}", *named)
    if done.returncode != 0:
        return ""
    addresses = json.loads(done.stdout).get("status", {}).get("addresses", [])
    return str(addresses[0]["value"]) if addresses else ""


def _kubectl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [kubectl_program(), *arguments], capture_output=True, text=True, check=False
    )
