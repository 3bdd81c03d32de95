"""Clusters that the user brings are used instead of the lab's, and left as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from acuse.errors import InvalidSettings, LabUnavailable
from acuse.settings import cache_dir
from acuse_lab.commands import lab as lab_commands
from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.regions.fleet import known_regions, regions_up, statuses

CONTEXT = "acuse-test"


@pytest.fixture(autouse=True)
def contexts(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Path]:
    """Name the shared control plane as the user's cluster; return the user's kubeconfig."""
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(control_plane.kubeconfig().read_text())
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("ACUSE_CONTEXTS", CONTEXT)
    yield kubeconfig
    for name in (CONTEXT, "all-regions"):
        (cache_dir() / "contexts" / f"{name}.yaml").unlink(missing_ok=True)


def test_a_context_is_a_region_that_kubectl_reaches() -> None:
    region = regions_up(1)[0]

    assert (region.name, region.ip) == (CONTEXT, "")
    assert "namespace/kube-system" in region.kubectl("get", "namespaces", "-o", "name")
    assert [(each.name, each.state) for each in statuses()] == [(CONTEXT, "yours")]


def test_what_only_the_labs_own_regions_can_is_refused() -> None:
    region = regions_up(1)[0]

    with pytest.raises(LabUnavailable, match=r"kind load image\.tar"):
        region.import_image(Path("image.tar"))
    with pytest.raises(LabUnavailable, match="a context of yours"):
        region.log("kubelet")


def test_more_regions_than_contexts_are_refused() -> None:
    with pytest.raises(InvalidSettings, match="names 1 of 2"):
        regions_up(2)


def test_a_context_that_is_not_named_is_not_touched() -> None:
    with pytest.raises(InvalidSettings, match="does not name other"):
        known_regions("other")


def test_up_and_down_leave_it_alone(contexts: Path) -> None:
    before = contexts.read_text()
    run = CliRunner().invoke

    up, down = run(lab_commands, ["up"]), run(lab_commands, ["down"])
    printed = run(lab_commands, ["kubeconfig", CONTEXT])

    assert (up.exit_code, down.exit_code) == (0, 0)
    assert "left as they are" in up.output
    assert "left as they are" in down.output
    assert CONTEXT in Path(printed.output.strip()).read_text()
    assert contexts.read_text() == before
