"""The `acuse lab` commands; each imports what it runs only when asked."""

from __future__ import annotations

import click


@click.group()
def lab() -> None:
    """Run the laboratory: what stands in for the outside world."""


@lab.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, help="Port; 0 takes a free one.")
@click.option(
    "--live/--virtual",
    default=True,
    show_default=True,
    help="Let the clock flow, or move it only through /_lab/clock/advance.",
)
def graph(host: str, port: int, live: bool) -> None:
    """Run the strict fake of Meta's Graph API; prints `graph: ADDRESS` when it answers."""
    import asyncio  # noqa: PLC0415  only this command needs the server

    from acuse_lab.graph.server import serve  # noqa: PLC0415  the same

    def announce(url: str) -> None:
        click.echo(f"graph: {url}")

    asyncio.run(serve(host, port, live=live, announce=announce))
