"""The demo without a cluster: Acuse's programs as processes of this machine."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from acuse_lab.demos.play import Tally, play
from acuse_lab.demos.signals import run
from acuse_lab.documents.sample import Sample
from acuse_lab.running.whole import running_whole


def on_one_machine(console: Console, sent: Sequence[Sample]) -> Tally:
    """Start everything, play the main job, and stop it all."""
    return run(_on_one_machine(console, sent))


async def _on_one_machine(console: Console, sent: Sequence[Sample]) -> Tally:
    def say(text: str) -> None:
        console.print(f"[green]✓[/] {text}")

    async with running_whole(say) as whole:
        return await play(console, whole.stage, sent)
