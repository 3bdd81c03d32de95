"""Regions come and go, in order or not, and leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from acuse_lab.regions.fleet import regions_down, regions_up, statuses
from acuse_lab.regions.holder import holder_of
from acuse_lab.regions.lab import Lab
from acuse_lab.regions.region import control_plane_of
from support.eventually import until
from support.regions import inhabitants, temporary_lab, traces_of
from support.web_pods import NAMESPACE, web_manifests

UP = """\
import sys
from pathlib import Path
from pathlib import Path
from acuse_lab.regions.fleet import regions_up
from acuse_lab.regions.lab import Lab
regions_up(["half"], lab=Lab(Path(sys.argv[1]), label=sys.argv[2]))
"""


def named_namespaces() -> set[str]:
    return {path.name for path in Path("/run/netns").glob("*")}


async def test_down_leaves_nothing_of_a_region_with_pods(own_lab: Lab) -> None:
    before = named_namespaces()
    region = regions_up(["brief"], lab=own_lab)[0]
    manifests = web_manifests(image=region.test_image, host=region.host)
    region.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifests))
    region.kubectl("rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=120s")
    lived = inhabitants(own_lab)

    gone = regions_down(lab=own_lab)

    # Eleven programs, three shims, three pods with a pause container each.
    assert len(lived) >= 20
    assert gone == ["brief"]
    await until(lambda: not any(process.alive() for process in lived))
    assert traces_of(own_lab) == []
    assert named_namespaces() == before


async def test_a_region_of_which_half_was_killed_is_mended_by_up_and_removed_by_down(
    own_lab: Lab,
) -> None:
    regions_up(["hurt"], lab=own_lab)
    programs = control_plane_of(own_lab.region("hurt")).programs
    for name in ("kubelet", "etcd", "envoy"):
        process = programs.find(name)
        assert process is not None
        process.kill()
    hurt = statuses(lab=own_lab)[0]

    regions_up(["hurt"], lab=own_lab)
    mended = statuses(lab=own_lab)[0]
    # What waits for it outside of the region stops with it.
    control_plane_of(own_lab.region("hurt")).pause()
    for process in inhabitants(own_lab)[::2]:
        process.signal(signal.SIGKILL)
    left = inhabitants(own_lab)
    regions_down(lab=own_lab)

    assert (hurt.state, set(hurt.missing)) == ("degraded", {"kubelet", "etcd", "envoy"})
    assert (mended.state, mended.missing) == ("up", ())
    await until(lambda: not any(process.alive() for process in left))
    assert traces_of(own_lab) == []


async def test_what_a_killed_command_had_half_built_is_removed_by_down() -> None:
    # Not tied to us: it must be found again although the one who started it is gone.
    with temporary_lab(tied=False) as lab:
        building = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", UP, str(lab.folder), lab.label)
        )
        file = lab.folder / "regions" / "half" / "holder"
        log = lab.folder / "regions" / "half" / "logs" / "kube-apiserver.log"
        await until(log.exists)
        building.kill()
        await building.wait()
        left = inhabitants(lab)
        state = statuses(lab=lab)[0].state

        regions_down(lab=lab)

        assert left != []
        assert state == "degraded"
        assert holder_of(file) is None
        await until(lambda: not any(process.alive() for process in left))
        assert traces_of(lab) == []


def test_a_region_whose_holder_was_killed_is_down_and_comes_up_anew(own_lab: Lab) -> None:
    first = regions_up(["again"], lab=own_lab)[0]
    first.kubectl("create", "namespace", "forgotten")
    holder = holder_of(own_lab.region("again").holder_file)
    assert holder is not None
    holder.kill()
    state = statuses(lab=own_lab)[0].state

    second = regions_up(["again"], lab=own_lab)[0]

    assert state == "down"
    assert "forgotten" not in second.kubectl("get", "namespaces", "-o", "name")
