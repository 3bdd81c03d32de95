"""`acuse operator`: run the operator until asked to stop, or let go before it is uninstalled."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack
from typing import NoReturn
from uuid import uuid4

import click
import structlog
import uvloop

from acuse import logs
from acuse.monitoring import Health, monitoring
from acuse.settings import load
from acuse_cluster.access import load_access
from acuse_cluster.client import Api
from acuse_operator.leadership import Candidate, Leader, guarded
from acuse_operator.lease import lease_of
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
    """Wait until this one leads, then do what operators do."""
    health = Health(checks={"lease": _not_started})
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(monitoring(settings, health))
        leader = await _elected(settings, health, stack)
        leader.lost.add_done_callback(lambda _: _end_at_once())
        stack.enter_context(guarded(leader, _end_at_once))
        started = running(settings, health, mandate=leader.mandate)
        operator = await stack.enter_async_context(started)
        del health.checks["lease"]
        await operator.failed()


async def _elected(settings: OperatorSettings, health: Health, stack: AsyncExitStack) -> Leader:
    """Stand by, live and ready while another one leads, until this one does."""
    access = await load_access()
    # Of its own, so that no other call is in the way of a renewal.
    api = await stack.enter_async_context(Api(access, agent="acuse-operator-lease"))
    candidate = Candidate(
        api,
        lease_of(settings.release_namespace),
        # A process that comes after this one in the same pod is another holder.
        identity=f"{settings.pod_name or socket.gethostname()}_{uuid4()}",
        terms=settings.lease_terms,
    )
    dead_after = settings.watch_dead_after
    health.checks["lease"] = candidate.doubt
    health.vital["lease"] = lambda: "api_silent" if candidate.silence() > dead_after else None
    leader = await stack.enter_async_context(candidate.leading())
    # No longer standing by, and not at work yet.
    health.checks["lease"] = _not_started
    del health.vital["lease"]
    return leader


def _not_started() -> str:
    return "not_started"


def _end_at_once() -> NoReturn:
    """End without letting anything finish: in a moment another one leads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


@click.group()
def operator() -> None:
    """Turn Tenants into routes, Secrets and workers on Kubernetes."""


@operator.command()
def run() -> None:
    """Reconcile until SIGTERM or SIGINT; settings come from ACUSE_* variables.

    Of several, the one that holds the Lease works and the others stand by.
    """
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
