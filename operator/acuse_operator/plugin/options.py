"""The flags of `kubectl acuse`: kubectl's own, before or behind the command, and the output."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import click
import msgspec

from acuse_operator.plugin.target import Target

F = TypeVar("F", bound=Callable[..., Any])

_FLAGS = (
    click.option("--kubeconfig", metavar="FILE", help="As kubectl's; default: KUBECONFIG."),
    click.option("--context", metavar="NAME", help="As kubectl's: the context to use."),
    click.option("-n", "--namespace", metavar="NAME", help="As kubectl's: where the Tenant is."),
    click.option(
        "--release-namespace",
        metavar="NAME",
        help="Where the operator runs; default: acuse-system.",
    ),
    click.option(
        "--tenants-namespace",
        metavar="NAME",
        help="Where placements are; default: what the operator was told, else acuse-tenants.",
    ),
)
_NAMES = ("kubeconfig", "context", "namespace", "release_namespace", "tenants_namespace")


def _flagged(command: F) -> F:
    for flag in reversed(_FLAGS):
        command = flag(command)
    return command


def before_commands(group: F) -> F:
    """Take kubectl's flags before the command and keep them for it."""

    @functools.wraps(group)
    def kept(**flags: Any) -> Any:
        """Keep the flags."""
        context = click.get_current_context()
        context.obj = {name: flags.pop(name) for name in _NAMES}
        return group(**flags)

    return cast("F", _flagged(kept))


def targeted(command: Callable[..., None]) -> Callable[..., None]:
    """Take kubectl's flags behind the command as well, and give it the Target that they say."""

    @functools.wraps(command)
    def with_target(**given: Any) -> None:
        """Make the flags the Target: those behind the command count more."""
        before: dict[str, Any] = click.get_current_context().obj or {}
        said = {name: given.pop(name) or before.get(name) for name in _NAMES}
        target = Target(**{name: value for name, value in said.items() if value is not None})
        command(target=target, **given)

    return _flagged(with_target)


output = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="`json` has a documented shape.",
)


def show(document: Any, lines: Iterable[str], *, output: str) -> None:
    """Print the document as JSON, or the lines."""
    if output == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2))
        return
    for line in lines:
        click.echo(line)
