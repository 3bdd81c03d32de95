"""Turns: no more than the places at once, and no tenant behind all of another's."""

from __future__ import annotations

import asyncio
import uuid

from acuse_workers.turns import Turns

BIG, SMALL = uuid.uuid4(), uuid.uuid4()


class Readers:
    """Documents under way: who is reading, and in which order they were let in."""

    def __init__(self, places: int) -> None:
        self.turns = Turns(places)
        self.entered: list[str] = []
        self.inside = 0
        self.most = 0
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, name: str, tenant: uuid.UUID) -> None:
        """Start a document and let it come as far as it can."""
        self.tasks[name] = asyncio.create_task(self.read(name, tenant))
        await settle()

    async def read(self, name: str, tenant: uuid.UUID) -> None:
        """Read one document when it is its turn."""
        async with self.turns.turn(tenant):
            self.entered.append(name)
            self.inside += 1
            self.most = max(self.most, self.inside)
            await asyncio.sleep(0)
            self.inside -= 1


async def settle() -> None:
    """Let every task come as far as it can without time passing."""
    await asyncio.sleep(0)


async def test_a_tenants_one_document_is_not_behind_all_of_anothers() -> None:
    readers = Readers(1)
    for n in range(5):
        readers.tasks[f"big{n}"] = asyncio.create_task(readers.read(f"big{n}", BIG))
    readers.tasks["small"] = asyncio.create_task(readers.read("small", SMALL))

    await asyncio.gather(*readers.tasks.values())

    assert readers.entered == ["big0", "big1", "small", "big2", "big3", "big4"]
    assert readers.most == 1


async def test_every_place_is_used_and_no_more() -> None:
    readers = Readers(3)
    await asyncio.gather(*(readers.read(str(n), BIG) for n in range(20)))

    assert readers.most == 3


async def test_who_stops_waiting_takes_no_place_with_them() -> None:
    readers = Readers(1)
    async with readers.turns.turn(BIG):
        await readers.ask("a", BIG)
        await readers.ask("b", BIG)
        readers.tasks["a"].cancel()
        await settle()
    await readers.tasks["b"]
    await asyncio.wait_for(readers.ask("c", BIG), 10)
    await readers.tasks["c"]

    assert readers.entered == ["b", "c"]


async def test_who_stops_in_the_moment_of_being_called_passes_the_place_on() -> None:
    readers = Readers(1)
    async with readers.turns.turn(BIG):
        await readers.ask("a", BIG)
        await readers.ask("b", SMALL)
    readers.tasks["a"].cancel()
    await asyncio.wait_for(readers.tasks["b"], 10)

    assert readers.entered == ["b"]
