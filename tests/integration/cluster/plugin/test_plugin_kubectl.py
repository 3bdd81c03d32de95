"""The plugin as kubectl itself finds and runs it, with the flags and kubeconfigs kubectl takes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from acuse_lab.go_tools import KUBERNETES, program
from acuse_operator.plugin.run import main
from support.plugin_run import kubeconfig_with_plugin, run
from support.plugin_world import PluginWorld


@pytest.fixture
def on_path(tmp_path: Path) -> Path:
    """Return a folder with the plugin's script, as an install puts it on PATH."""
    script = tmp_path / "bin" / "kubectl-acuse"
    script.parent.mkdir()
    script.write_text(f"#!{sys.executable}\nfrom acuse_operator.plugin.run import main\nmain()\n")
    script.chmod(0o755)
    return script.parent


def kubectl(
    folder: Path, *words: str, kubeconfig: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    environment["KUBECONFIG"] = str(kubeconfig or folder / "none")
    return subprocess.run(
        [str(program(KUBERNETES, "kubectl")), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_package_installs_the_script() -> None:
    [script] = entry_points(group="console_scripts", name="kubectl-acuse")

    assert script.load() is main


async def test_kubectl_runs_it_with_its_own_kubeconfig(world: PluginWorld, on_path: Path) -> None:
    words = ("acuse", "regions", "-o", "json")

    done = await asyncio.to_thread(kubectl, on_path, *words, kubeconfig=world.plane.kubeconfig())

    assert done.returncode == 0, done.stderr
    names = {region["name"] for region in json.loads(done.stdout)["regions"]}
    assert {world.near, world.far} <= names


async def test_kubectls_flags_may_stand_before_and_behind_the_command(
    world: PluginWorld, on_path: Path
) -> None:
    await world.apply()
    config = str(world.plane.kubeconfig())
    context = json.loads(world.plane.kubeconfig().read_text())["current-context"]
    status = ("status", "acme")

    behind = await asyncio.to_thread(
        kubectl, on_path, "acuse", *status, f"--kubeconfig={config}", "-n", world.shops
    )
    before = await asyncio.to_thread(
        kubectl,
        on_path,
        *("acuse", "--context", context, "--namespace", world.shops, *status),
        kubeconfig=world.plane.kubeconfig(),
    )
    unknown = await asyncio.to_thread(
        kubectl,
        on_path,
        *("acuse", "--context", "nowhere", *status),
        kubeconfig=world.plane.kubeconfig(),
    )

    assert behind.returncode == before.returncode == 3
    assert behind.stdout.startswith(f"Tenant {world.shops}/acme: Ready is Unknown")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("error: kubeconfig_refused: ")


async def test_the_contexts_namespace_is_the_default(world: PluginWorld, tmp_path: Path) -> None:
    await world.apply()
    document = json.loads(world.plane.kubeconfig().read_text())
    document["contexts"][0]["context"]["namespace"] = world.shops
    config = tmp_path / "config"
    config.write_text(json.dumps(document))

    ran = await run(config, "status", "acme", "-o", "json")

    assert (ran.json["namespace"], ran.json["name"]) == (world.shops, "acme")


async def test_credentials_may_come_from_a_plugin_as_clouds_give_them(
    world: PluginWorld, tmp_path: Path
) -> None:
    config = kubeconfig_with_plugin(world.plane.kubeconfig(), tmp_path)
    document = json.loads(config.read_text())
    document["users"][0]["user"]["exec"]["args"] = ["/nonexistent"]
    broken = tmp_path / "broken"
    broken.write_text(json.dumps(document))

    ran = await run(config, "regions")
    refused = await run(broken, "regions")

    assert ran.code == 0, ran.err
    assert world.far in ran.out
    assert refused.code == 1
    assert "its credential plugin gave no credentials" in refused.err
