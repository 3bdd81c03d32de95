"""The `acuse lab` commands; each imports what it runs only when asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from acuse_lab.regions.commands import down, kubeconfig, logs, status, up

if TYPE_CHECKING:
    from acuse_lab.corpus.layouts import Split
    from acuse_lab.graph.reach import PlainHttp


@click.group()
def lab() -> None:
    """Run the laboratory: what stands in for the outside world."""


@lab.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port; 0 takes a free one.",
)
@click.option(
    "--live/--virtual",
    default=True,
    show_default=True,
    help="Let the clock flow, or move it only through /_lab/clock/advance.",
)
@click.option(
    "--base-url", default="", metavar="URL", help="Its address for others, if each sees another."
)
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="Authorities to trust, besides the usual ones, when callbacks are called.",
)
@click.option(
    "--plain-http",
    type=click.Choice(["never", "loopback", "private"]),
    default="loopback",
    show_default=True,
    help="Which overrides may go without https.",
)
@click.option(
    "--resolve", multiple=True, metavar="HOST=ADDRESS", help="Where a callback's host is."
)
def graph(  # noqa: PLR0913, PLR0917 - each option is one argument
    host: str,
    port: int,
    live: bool,
    base_url: str,
    ca_file: Path | None,
    plain_http: PlainHttp,
    resolve: tuple[str, ...],
) -> None:
    """Run the strict fake of Meta's Graph API; prints `graph: ADDRESS` when it answers."""
    import asyncio  # noqa: PLC0415  only this command needs the server

    from acuse_lab.graph.reach import Reach, read_name  # noqa: PLC0415  the same
    from acuse_lab.graph.server import serve  # noqa: PLC0415  the same

    def announce(url: str) -> None:
        click.echo(f"graph: {url}")

    names = dict(read_name(each) for each in resolve)
    reach = Reach(base_url=base_url, ca_file=ca_file, plain_http=plain_http, names=names)
    asyncio.run(serve(host, port, live=live, announce=announce, reach=reach))


@lab.command()
@click.option(
    "--receipt",
    type=click.Path(path_type=Path),
    default=None,
    help="A file of yours to send as well.",
)
@click.option(
    "--one-machine", is_flag=True, help="Run without a cluster even where there could be one."
)
def demo(receipt: Path | None, *, one_machine: bool) -> None:
    """Run the main job once, end to end, and print the replies; the last line says how it went."""
    from acuse_lab.demos.run import run_demo  # noqa: PLC0415  only this command needs it

    sys.exit(run_demo(receipt, one_machine=one_machine))


@lab.command()
def dev() -> None:
    """Keep everything running on this machine until Ctrl-C, and say the addresses."""
    from acuse_lab.dev import run_dev  # noqa: PLC0415  only this command needs it

    run_dev()


@lab.command()
@click.option("--graph", required=True, metavar="URL", help="Address of a running fake Graph API.")
@click.option("--number", required=True, metavar="ID", help="phone_number_id to send to.")
@click.option("--name", default="Ana Sosa", show_default=True, help="The sender's profile name.")
@click.option(
    "--user-id",
    default="AR.13491208655302741918",
    show_default=True,
    help="The sender's business-scoped user id.",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def send(graph: str, number: str, name: str, user_id: str, file: Path) -> None:
    """Send FILE to a number as a person would, and print the reply."""
    import asyncio  # noqa: PLC0415  only this command and `graph` need it

    from acuse_lab.dev import send_and_wait  # noqa: PLC0415  the same
    from acuse_lab.graph.contract import Person  # noqa: PLC0415  the same
    from acuse_lab.person import picked_file  # noqa: PLC0415  the same

    person = Person(name=name, user_id=user_id)
    for text in asyncio.run(send_and_wait(graph, number, picked_file(file), person=person)):
        click.echo(text)


@lab.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--split",
    type=click.Choice(["dev", "test"]),
    default="dev",
    show_default=True,
    help="Whose looks: the reader is tuned on dev, and judged by test.",
)
@click.option("--count", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed, the same documents."
)
@click.option("--worn", is_flag=True, help="As others passed them on: smaller, softer.")
def documents(folder: Path, split: Split, count: int, seed: int, *, worn: bool) -> None:
    """Write made-up Argentine documents into FOLDER, photographed badly, each with its label."""
    from acuse_lab.corpus.making import write  # noqa: PLC0415  only this command needs it

    made = write(folder, split, count, seed=seed, is_worn=worn)
    with click.progressbar(made, length=count, label="documents", file=sys.stderr) as paths:
        for _ in paths:
            pass
    click.echo(f"{count} documents in {click.format_filename(folder)}")


@lab.command()
@click.option("--fresh", is_flag=True, help="Build anew, with Debian's newest packages.")
def images(fresh: bool) -> None:
    """Build the images of Acuse's programs; prints each one's name, digest and archive."""
    from acuse_lab.images import build_images  # noqa: PLC0415  only this command needs it

    def say(line: str) -> None:
        click.echo(f"images: {line}", err=True)

    for image in build_images(say, fresh=fresh).values():
        click.echo(f"{image.reference} {image.digest} {image.archive}")


for _command in (up, down, status, kubeconfig, logs):
    lab.add_command(_command)
