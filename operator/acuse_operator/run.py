"""`acuse operator`: run the operator until asked to stop, or let go before it is uninstalled."""

from __future__ import annotations

import asyncio
import signal

import click
import structlog
import uvloop

from acuse import logs
from acuse.monitoring import Health
from acuse.settings import load
from acuse_operator.program import running
from acuse_operator.release import release_everything
from acuse_operator.settings import OperatorSettings

log = structlog.get_logger()


async def _until_stopped(settings: OperatorSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    asked = asyncio.create_task(stop.wait())
    # A start waits for the API server, and is as easily stopped as what it leads to.
    work = asyncio.create_task(_work(settings))
    try:
        await asyncio.wait({asked, work}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            # Whoever runs us starts us anew; half an operator is none.
            log.error("operator_part_ended")
            work.result()
            raise SystemExit(1)
        log.info("operator_stopping")
        work.cancel()
        await asyncio.wait({work})
    finally:
        asked.cancel()


async def _work(settings: OperatorSettings) -> None:
    async with running(settings, Health()) as operator:
        await operator.failed()


@click.group()
def operator() -> None:
    """Turn Tenants into routes, Secrets and workers on Kubernetes."""


@operator.command()
def run() -> None:
    """Reconcile until SIGTERM or SIGINT; settings come from ACUSE_* variables."""
    settings = load(OperatorSettings)
    logs.configure("operator", level=settings.log_level, style=settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_stopped(settings))


@operator.command()
@click.option(
    "--deployment",
    default="acuse-operator",
    show_default=True,
    help="The operator's own Deployment, which is scaled to 0 first.",
)
def release(deployment: str) -> None:
    """Let go of every Tenant and take down what was made, before the operator is uninstalled.

    Tenants stay. It ends in a bounded time, whatever does not answer, and may be run again.
    """
    settings = load(OperatorSettings)
    logs.configure("operator", level=settings.log_level, style=settings.log_format)
    asyncio.run(release_everything(settings, deployment=deployment, say=click.echo))
