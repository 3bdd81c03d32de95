"""What the queue promises of the reconciles it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY

from acuse.errors import DatabaseUnavailable
from acuse_operator.queue import Backoff, WorkQueue
from support.eventually import until

QUICK = Backoff(first=0.001, longest=0.002)


class Recorder:
    """A reconciler that keeps what it was asked and does what it is told."""

    def __init__(self, act: Callable[[str], Awaitable[float | None]] | None = None) -> None:
        self.calls: list[str] = []
        self.running: list[str] = []
        self.most = 0
        self._act = act

    async def reconcile(self, key: str) -> float | None:
        self.calls.append(key)
        assert key not in self.running, "the same key twice at a time"
        self.running.append(key)
        self.most = max(self.most, len(self.running))
        try:
            return await self._act(key) if self._act else None
        finally:
            self.running.remove(key)


@asynccontextmanager
async def running(
    recorder: Recorder, *, name: str = "test", concurrency: int = 4
) -> AsyncGenerator[WorkQueue, None]:
    queue = WorkQueue(name, recorder, concurrency=concurrency, backoff=QUICK)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        await queue.close(grace=5.0)
        await task


def value(metric: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(metric, labels) or 0.0


async def test_what_is_added_is_reconciled_and_counted() -> None:
    recorder = Recorder()
    async with running(recorder, name="counted") as queue:
        queue.add("a")
        await until(lambda: recorder.calls == ["a"])

    assert value("controller_runtime_reconcile_total", controller="counted", result="success") == 1
    assert value("workqueue_adds_total", name="counted") == 1
    assert value("workqueue_queue_duration_seconds_count", name="counted") == 1
    assert value("controller_runtime_active_workers", controller="counted") == 0


async def test_keys_run_side_by_side_up_to_the_limit_and_one_key_never_twice_at_a_time() -> None:
    gate = asyncio.Event()

    async def wait(_: str) -> None:
        await gate.wait()

    recorder = Recorder(wait)
    async with running(recorder, concurrency=3) as queue:
        for key in "abcde":
            queue.add(key)
        await until(lambda: len(recorder.running) == 3)
        queue.add("a")
        gate.set()
        await until(lambda: sorted(recorder.calls) == ["a", "a", "b", "c", "d", "e"])

    assert recorder.most == 3


async def test_a_failure_is_tried_again_until_it_succeeds_and_stops_no_other_key() -> None:
    fails = iter([DatabaseUnavailable("away", retry_after=0.0), ValueError("a bug"), None])

    async def act(key: str) -> None:
        if key == "a" and (exc := next(fails)) is not None:
            raise exc

    recorder = Recorder(act)
    async with running(recorder, name="failing") as queue:
        queue.add("a")
        queue.add("b")
        await until(lambda: recorder.calls.count("a") == 3)

    assert recorder.calls.count("b") == 1
    assert value("controller_runtime_reconcile_errors_total", controller="failing") == 2
    assert value("workqueue_retries_total", name="failing") == 2


async def test_a_wish_to_be_asked_later_is_respected_and_an_edit_does_not_wait_for_it() -> None:
    async def act(_: str) -> None:
        if len(recorder.calls) == 1:
            raise DatabaseUnavailable("away", retry_after=3600.0)

    recorder = Recorder(act)
    async with running(recorder) as queue:
        queue.add("a")
        await until(lambda: recorder.calls == ["a"])
        queue.add("a")
        await until(lambda: recorder.calls == ["a", "a"])


async def test_a_reconcile_that_asks_to_look_again_is_called_again() -> None:
    async def act(_: str) -> float | None:
        return 0.001 if len(recorder.calls) < 3 else None

    recorder = Recorder(act)
    async with running(recorder) as queue:
        queue.add("a")
        await until(lambda: len(recorder.calls) == 3)


async def test_closing_waits_for_what_runs_and_starts_nothing_more() -> None:
    gate = asyncio.Event()

    async def wait(_: str) -> None:
        await gate.wait()

    recorder = Recorder(wait)
    queue = WorkQueue("closing", recorder, concurrency=1, backoff=QUICK)
    task = asyncio.create_task(queue.run())
    queue.add("a")
    queue.add("b")
    await until(lambda: recorder.running == ["a"])
    closing = asyncio.create_task(queue.close(grace=5.0))
    await asyncio.sleep(0)
    gate.set()
    await closing
    await task

    assert recorder.calls == ["a"]


async def test_closing_gives_up_on_what_does_not_end() -> None:
    recorder = Recorder(lambda _: asyncio.Event().wait())
    queue = WorkQueue("stuck", recorder, backoff=QUICK)
    task = asyncio.create_task(queue.run())
    queue.add("a")
    await until(lambda: recorder.running == ["a"])

    await queue.close(grace=0.01)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
