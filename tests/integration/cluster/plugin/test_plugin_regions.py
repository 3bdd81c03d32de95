"""`kubectl acuse regions`, `cordon`, `uncordon` and `drain`."""

from __future__ import annotations

import asyncio
from typing import Any

from acuse_cluster.kinds import REGIONS, Ref
from support.eventually import until
from support.plugin_run import Ran
from support.plugin_world import PluginWorld


def named(ran: Ran, name: str) -> dict[str, Any]:
    """Return one region of `-o json`."""
    found: dict[str, Any] = next(r for r in ran.json["regions"] if r["name"] == name)
    return found


async def region_spec(world: PluginWorld, name: str) -> dict[str, Any]:
    live = await world.api.get(Ref(REGIONS, name))
    assert live is not None
    spec: dict[str, Any] = live["spec"]
    return spec


async def test_regions_are_listed_with_whom_they_serve(world: PluginWorld) -> None:
    await world.apply()
    await world.say(regions={world.near: "Ready", world.far: "Pending"}, Ready=("True", "Serving"))

    said = await world.run("regions", "-o", "json")
    text = await world.run("regions")

    assert said.code == text.code == 0
    unknown = {"status": "Unknown", "reason": None, "message": None, "since": None}
    assert named(said, world.near) == {
        "name": world.near,
        "jurisdiction": "AR",
        "ready": unknown,
        "reachable": unknown,
        "heartbeatTime": None,
        "tenants": 1,
        "capacity": None,
        "cordoned": False,
        "draining": False,
    }
    assert named(said, world.far)["tenants"] == 0
    assert text.out.split("\n")[0].split() == [
        *("NAME", "JURISDICTION", "READY", "REACHABLE"),
        *("HEARTBEAT", "TENANTS", "CAPACITY", "SCHEDULING"),
    ]


async def test_who_may_not_list_regions_is_refused_with_a_code(world: PluginWorld) -> None:
    user = await world.viewer("poor", namespaces=False)

    ran = await world.run("regions", user=user)

    assert ran.code == 1
    assert ran.err.startswith("error: api_refused: ")
    assert ran.out == ""


async def test_a_region_is_cordoned_and_uncordoned(world: PluginWorld) -> None:
    cordoned = await world.run("cordon", world.far, "-o", "json")
    was = await region_spec(world, world.far)
    shown = named(await world.run("regions", "-o", "json"), world.far)
    again = await world.run("cordon", world.far)
    opened = await world.run("uncordon", world.far)

    assert cordoned.json == {
        "region": world.far,
        "cordoned": True,
        "draining": False,
        "tenants": [],
    }
    assert was["cordoned"]
    assert shown["cordoned"]
    assert again.out == f"Region {world.far} takes no new tenants.\n"
    assert opened.code == 0
    now = await region_spec(world, world.far)
    assert (now["cordoned"], now["jurisdiction"]) == (False, "UY")


async def test_a_region_that_is_not_there_is_not_made(world: PluginWorld) -> None:
    for command in ("cordon", "uncordon", "drain"):
        ran = await world.run(command, "nowhere")
        assert (ran.code, ran.err) == (1, "error: not_found: there is no Region nowhere\n")
    assert await world.api.get(Ref(REGIONS, "nowhere")) is None


async def test_who_may_not_write_regions_is_refused(world: PluginWorld) -> None:
    user = await world.viewer("viewer")

    ran = await world.run("drain", world.far, user=user)

    assert (ran.code, ran.err[:19]) == (1, "error: api_refused:")
    assert not (await region_spec(world, world.far)).get("draining")


async def test_a_drain_says_who_is_still_there_and_why(world: PluginWorld) -> None:
    await world.apply(placement={"home": world.far})
    await world.apply("other")
    await world.say(regions={world.far: "Ready"}, Ready=("True", "Serving"))
    await world.say("other", regions={world.near: "Ready"}, Ready=("True", "Serving"))

    ran = await world.run("drain", world.far, "-o", "json")
    text = await world.run("drain", world.far)
    ended = await world.run("drain", world.far, "--uncordon")

    assert ran.code == 0
    assert (ran.json["cordoned"], ran.json["draining"]) == (True, True)
    [left] = ran.json["tenants"]
    assert (left["name"], left["phase"]) == ("acme", "Ready")
    assert left["why"] == (
        "spec.placement.home names the region: take it out, and the hub moves the tenant."
    )
    assert f"{world.shops}/acme" in text.out
    assert ended.code == 0
    spec = await region_spec(world, world.far)
    assert (spec["cordoned"], spec["draining"]) == (False, False)


async def test_a_drain_is_followed_until_the_region_is_empty(world: PluginWorld) -> None:
    await world.apply(placement={"home": world.near, "standby": [world.far]})
    await world.say(regions={world.near: "Ready", world.far: "Ready"}, Ready=("True", "Serving"))
    timed_out = await world.run("drain", world.far, "--wait", "--timeout", "0")

    following = asyncio.create_task(world.run("drain", world.far, "--wait"))

    async def draining() -> bool:
        return bool((await region_spec(world, world.far)).get("draining"))

    await until(draining)
    await world.say(regions={world.near: "Ready"}, Ready=("True", "Serving"))
    ran = await following

    assert timed_out.code == 3
    assert f"{world.shops}/acme" in timed_out.out
    assert ran.code == 0
    assert "No tenant is there." in ran.out
