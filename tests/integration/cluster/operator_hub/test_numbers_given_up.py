"""A number that its Tenant lists no more is let go at Meta, with the credentials it had."""

from __future__ import annotations

from acuse_lab.graph.contract import NumberSpec
from support.eventually import until
from support.hub_world import APP_SECRET, SECRET, HubWorld


async def test_its_override_is_removed_and_the_others_stay(world: HubWorld) -> None:
    second = NumberSpec(
        phone_number_id=f"9{world.number.phone_number_id}",
        waba_id=world.number.waba_id,
        display_phone_number="+54 9 11 4444-0001",
        tokens=(world.token,),
        app_secret=APP_SECRET,
    )
    await world.graph.lab.register(second)
    numbers = [
        {
            "phoneNumberId": number.phone_number_id,
            "wabaId": number.waba_id,
            "secretRef": {"name": SECRET},
        }
        for number in (world.number, second)
    ]

    async def override() -> str | None:
        return (await world.graph.lab.registration(second.phone_number_id)).override

    await world.put_secret()
    await world.apply(whatsapp={"numbers": numbers})
    async with world.running():
        await world.serving()
        assert await override() == world.url()

        await world.apply(whatsapp={"numbers": numbers[:1]})

        async def let_go() -> bool:
            return await override() is None

        await until(let_go)
        assert await world.override() == world.url()
        sealed = await world.sealed()
        assert sealed is not None
        assert not any(key.startswith(second.phone_number_id) for key in sealed)
