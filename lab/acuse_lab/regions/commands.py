"""`acuse lab up|down|status|kubeconfig|logs`: each imports what it runs only when asked."""

from __future__ import annotations

import click


@click.command()
@click.argument("count", type=click.IntRange(1, 50), default=1)
@click.option("--name", "names", multiple=True, help="A region's name; may be given several times.")
def up(count: int, names: tuple[str, ...]) -> None:
    """Bring up COUNT regions, real clusters on this machine; needs root and Linux."""
    from acuse_lab.regions.contexts import own_contexts  # noqa: PLC0415  only this command needs it
    from acuse_lab.regions.fleet import regions_up  # noqa: PLC0415  the same
    from acuse_lab.regions.kubeconfig import merged_kubeconfig  # noqa: PLC0415  the same

    regions = regions_up(names or count)
    if own_contexts():
        click.echo("ACUSE_CONTEXTS names clusters of yours; they are left as they are", err=True)
    for region in regions:
        address = f"gateway {region.gateway_url}" if region.ip else "no gateway of ours"
        click.echo(f"{region.name}  {address}  kubeconfig {region.kubeconfig}")
    click.echo(f"export KUBECONFIG={merged_kubeconfig(regions)}")


@click.command()
@click.argument("names", nargs=-1, metavar="[REGION]...")
def down(names: tuple[str, ...]) -> None:
    """Take regions down, all unless some are named; also what a crash left of them."""
    from acuse_lab.regions.contexts import own_contexts  # noqa: PLC0415  only this command needs it
    from acuse_lab.regions.fleet import regions_down  # noqa: PLC0415  the same

    if own_contexts():
        click.echo("ACUSE_CONTEXTS names clusters of yours; they are left as they are", err=True)
        return
    gone = regions_down(names or None)
    click.echo(f"down: {', '.join(gone)}" if gone else "no region was up")


@click.command()
def status() -> None:
    """List the regions: name, state, address, and the programs that do not run."""
    from acuse_lab.regions.fleet import statuses  # noqa: PLC0415  only this command needs it

    listed = statuses()
    for each in listed:
        missing = f"  not running: {', '.join(each.missing)}" if each.missing else ""
        click.echo(f"{each.name}  {each.state}  {each.ip or '-'}{missing}")
    if not listed:
        click.echo("no region is up", err=True)


@click.command()
@click.argument("name", required=False, metavar="[REGION]")
def kubeconfig(name: str | None) -> None:
    """Print the path of a region's kubeconfig, or of one with a context for each region."""
    from acuse_lab.regions.fleet import known_regions  # noqa: PLC0415  only this command needs it
    from acuse_lab.regions.kubeconfig import merged_kubeconfig  # noqa: PLC0415  the same

    regions = known_regions(name)
    click.echo(regions[0].kubeconfig if name else merged_kubeconfig(regions))


@click.command()
@click.argument("region")
@click.argument("program")
@click.option("--lines", "-n", default=200, show_default=True, help="How many of the last lines.")
@click.option("--follow", "-f", is_flag=True, help="Go on until Ctrl-C.")
def logs(region: str, program: str, lines: int, follow: bool) -> None:
    """Print what a program of a region said, as `kubelet`, `envoy` or `audit`."""
    import subprocess  # noqa: PLC0415  only this command needs it

    from acuse_lab.regions.fleet import known_regions  # noqa: PLC0415  the same

    file = known_regions(region)[0].log(program)
    mode = ("--follow=name",) if follow else ()
    subprocess.run(  # noqa: S603 - a program of the system, our arguments
        ["/usr/bin/tail", f"--lines={lines}", *mode, str(file)], check=False
    )
