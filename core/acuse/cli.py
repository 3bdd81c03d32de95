"""`acuse`: one command line for every program.

Programs register their commands under the entry-point group `acuse.commands`; one is imported only
when it is called, so `acuse events` works where no OCR engine is installed.
"""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points

import click

from acuse import __version__
from acuse.errors import AcuseError

_GROUP = "acuse.commands"


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=_GROUP)}


class Programs(click.Group):
    """The commands of all installed programs, each imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the installed commands."""
        del ctx
        return sorted(_installed())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None when no program brings it."""
        entry = _installed().get(cmd_name)
        if entry is None:
            return None
        try:
            command: click.Command = entry.load()
        except ModuleNotFoundError as exc:
            ctx.fail(f"`{cmd_name}` needs a part that is not installed: {exc.name}")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands for --help; one whose program lacks a dependency is listed as such."""
        rows: list[tuple[str, str]] = []
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
            except click.UsageError:
                rows.append((name, "(not installed here)"))
            else:
                rows.append((name, command.get_short_help_str(80) if command else ""))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=Programs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="acuse")
def acuse() -> None:
    """Receipts sent by WhatsApp become matched entries of a business's ledger."""


def main() -> None:
    """Run the command line; an error raised on purpose prints `error: CODE: text`, exit code 1."""
    try:
        acuse(prog_name="acuse")
    except AcuseError as exc:
        sys.stderr.writelines(f"{note}\n" for note in getattr(exc, "__notes__", ()))
        sys.stderr.write(f"error: {exc.code}: {exc}\n")
        sys.exit(1)
