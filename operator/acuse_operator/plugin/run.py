"""`kubectl-acuse`: the command that kubectl runs for `kubectl acuse`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Concatenate, Final, ParamSpec, TextIO, TypeVar

import click

from acuse import __version__
from acuse.errors import AcuseError, ApiConflict, InvalidRequest
from acuse_operator.plugin import drain as draining
from acuse_operator.plugin import plan_text, regions, status_text
from acuse_operator.plugin import takeover as taking_over
from acuse_operator.plugin.options import before_commands, output, show, targeted
from acuse_operator.plugin.target import Here, Target, opened

T = TypeVar("T")
P = ParamSpec("P")

# It was answered, and the answer is no: not Ready, not as applied, not to be done, not empty.
NO: Final = 3
# The Lease is renewed every two seconds: a conflict with that means nothing.
_TRIES: Final = 5


def ask(
    target: Target,
    question: Callable[Concatenate[Here, P], Coroutine[Any, Any, T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Return the answer of the cluster that the flags name."""

    async def answer() -> T:
        """Ask, and close the connection."""
        async with opened(target) as here:
            return await question(here, *args, **kwargs)

    return asyncio.run(answer())


def now() -> datetime:
    """Return the time that ages are told by."""
    return datetime.now(UTC)


class Edge(click.Group):
    """Turns an error raised on purpose into `error: CODE: text` and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AcuseError as exc:
            click.echo(f"error: {exc.code}: {exc}", err=True)
            ctx.exit(1)


@click.group(cls=Edge, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kubectl-acuse")
@before_commands
def acuse() -> None:
    """See how tenants and regions are, what a change would do, and move tenants."""


@acuse.command(name="status")
@click.argument("tenant")
@output
@targeted
def status_command(*, tenant: str, output: str, target: Target) -> None:
    """Say what of TENANT is not ready, where, since when, what was tried, and what is to be done.

    Exit code 3 while it is not Ready.
    """
    from acuse_operator.plugin import status  # noqa: PLC0415 - only this command needs it

    found = ask(target, status.gather, tenant)
    show(found, status_text.render(found, now=now()), output=output)
    _end(found["ready"]["status"] == "True")


@acuse.command(name="regions")
@output
@targeted
def regions_command(*, output: str, target: Target) -> None:
    """List the Regions: how they are, since when, how many tenants they have, whom they take."""
    found = ask(target, regions.gather)
    show({"regions": found}, regions.render(found, now=now()), output=output)


@acuse.command(name="diff")
@click.argument("tenant", required=False)
@output
@targeted
def diff_command(*, tenant: str | None, output: str, target: Target) -> None:
    """Show what is not as it was applied, by field and field manager: of TENANT, or of all.

    Exit code 3 if there is anything.
    """
    from acuse_operator.plugin import diff, diff_text  # noqa: PLC0415 - large; only for this

    found = ask(target, diff.gather, tenant)
    show(found, diff_text.render(found), output=output)
    _end(diff.is_as_applied(found))


@acuse.command(name="plan")
@click.option(
    "-f",
    "--filename",
    "file",
    type=click.File(encoding="utf-8"),
    required=True,
    help="Tenants as YAML or JSON, and Secrets that come with them; `-` for standard input.",
)
@output
@targeted
def plan_command(*, file: TextIO, output: str, target: Target) -> None:
    """Show what applying a Tenant would change in every region. Writes nothing.

    Exit code 3 if not all of it would be carried out.
    """
    from acuse_operator.plugin import plan  # noqa: PLC0415 - only this command needs it
    from acuse_operator.plugin.documents import read_documents  # noqa: PLC0415 - the same

    text = file.read()

    async def planned(here: Here) -> dict[str, Any]:
        """Plan what the file says, in the namespace of the flags."""
        return await plan.gather(here, read_documents(text, namespace=here.namespace))

    found = ask(target, planned)
    show(found, plan_text.render(found), output=output)
    _end(plan.is_clear(found))


def _scheduled(target: Target, region: str, what: draining.Scheduling, output: str) -> None:
    async def written(here: Here) -> dict[str, Any]:
        """Write it, and see whom the region has."""
        changed = await draining.schedule(here, region, what)
        return draining.described(changed, await draining.remaining(here, region))

    found = ask(target, written)
    said = "takes tenants again" if what == "open" else "takes no new tenants"
    show(found, [f"Region {region} {said}."], output=output)


@acuse.command()
@click.argument("region")
@output
@targeted
def cordon(*, region: str, output: str, target: Target) -> None:
    """Have REGION take no new tenants; those that are there stay."""
    _scheduled(target, region, "cordon", output)


@acuse.command()
@click.argument("region")
@output
@targeted
def uncordon(*, region: str, output: str, target: Target) -> None:
    """Have REGION take tenants again, and end a drain."""
    _scheduled(target, region, "open", output)


@acuse.command()
@click.argument("region")
@click.option("--uncordon", "ends", is_flag=True, help="End the drain: it takes tenants again.")
@click.option("--wait", "waits", is_flag=True, help="Follow until no tenant is there.")
@click.option(
    "--timeout", type=click.FloatRange(min=0), default=600.0, show_default=True, help="Seconds."
)
@output
@targeted
def drain(
    *, region: str, ends: bool, waits: bool, timeout: float, output: str, target: Target
) -> None:
    """Have the tenants of REGION moved elsewhere, and say who is still there and why.

    Exit code 3 if --wait ends with tenants there.
    """
    if ends:
        if waits:
            raise click.UsageError("--uncordon ends a drain: there is nothing to wait for")
        _scheduled(target, region, "open", output)
        return

    def told(left: list[dict[str, Any]]) -> None:
        """Say who is left, while somebody watches."""
        if output == "text":
            show(None, [*draining.render_left(left, now=now()), ""], output=output)

    async def drained(here: Here) -> dict[str, Any]:
        """Write it, then look, or follow."""
        changed = await draining.schedule(here, region, "drain")
        if not waits:
            return draining.described(changed, await draining.remaining(here, region))
        left = await draining.wait_until_empty(here, region, patience=timeout, changed=told)
        return draining.described(changed, left)

    found = ask(target, drained)
    text = [] if waits else draining.render_left(found["tenants"], now=now())
    show(found, [f"Region {region} is being drained.", *text], output=output)
    _end(not (waits and found["tenants"]))


@acuse.command()
@click.option("-y", "--yes", is_flag=True, help="Do it without asking.")
@output
@targeted
def takeover(*, yes: bool, output: str, target: Target) -> None:
    """Make this hub the newest of its regions, when it says NewerHub and is the one to go on.

    Shows what it will do, and asks.
    """
    found = ask(target, taking_over.gather)
    if output == "text":
        show(None, taking_over.render(found), output=output)
    if not found.is_needed:
        show(found.as_json(done=False), [], output=output)
        # Of a region that nobody could look into, nobody knows.
        _end(not found.unread)
        return
    if not yes:
        if output == "json":
            raise InvalidRequest("with -o json nobody is asked: say --yes")
        click.confirm("Take over?", abort=True)
    _take_over(target)
    show(found.as_json(done=True), ["Taken over: the operator restarts now."], output=output)


def _take_over(target: Target) -> None:
    async def taken(here: Here) -> None:
        """Look again and write, for the Lease moves on all the time."""
        for tries_left in reversed(range(_TRIES)):
            found = await taking_over.gather(here)
            try:
                await taking_over.carry_out(here.api, found)
            except ApiConflict:
                if not tries_left:
                    raise
            else:
                return

    ask(target, taken)


def _end(is_yes: bool) -> None:
    if not is_yes:
        click.get_current_context().exit(NO)


def main() -> None:
    """Run the command, called as kubectl calls it."""
    acuse(prog_name="kubectl acuse")
