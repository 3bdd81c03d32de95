"""What a valid call gets: its answer, or the fault that was scripted for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.types import ASGIApp

from acuse_lab.graph.answers import answer_bytes, answer_json, cut, delayed, hang
from acuse_lab.graph.errors import fault
from acuse_lab.graph.state import Graph, Number

Act = Callable[[bool], Awaitable[dict[str, Any]]]


async def scripted_answer(graph: Graph, number: Number, *, on: str, act: Act) -> ASGIApp:
    """Do what was asked and answer, unless a scripted fault comes between.

    `act` is told whether its caller gets the answer.
    """
    scripted = number.next_fault(on)
    if scripted is None:
        return answer_json(await act(True))
    if scripted.how == "error":
        raise fault(scripted.code, details=scripted.details, http_status=scripted.http_status)
    if scripted.how == "empty":
        return answer_bytes(b"", http_status=scripted.http_status or 500)
    if scripted.how == "cut_before_accept":
        return cut()
    if scripted.how == "slow":
        answer = answer_json(await act(True))
        return delayed(answer, seconds=scripted.seconds, closing=graph.closing)
    await act(False)
    return hang(graph.closing) if scripted.how == "hang_after_accept" else cut()
