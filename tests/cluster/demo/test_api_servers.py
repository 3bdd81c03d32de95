"""Where the hub's pods reach the API servers of the user's own clusters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acuse.errors import InvalidSettings, LabUnavailable
from acuse_lab.regions.handle import LabRegion
from acuse_lab.running.fleet import SERVERS, api_server
from acuse_lab.running.in_cluster import ClusterInstallation, ImageSource
from support.control_plane import skip_unless_built


@pytest.fixture(scope="module", autouse=True)
def kubectl() -> None:
    """Have kubectl, or skip."""
    skip_unless_built()


def region(folder: Path, server: str) -> ClusterInstallation:
    """Return a context of the user's whose kubeconfig has this server."""
    file = folder / "kubeconfig.yaml"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "kind-br",
        "clusters": [{"name": "kind-br", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "none"}}],
        "contexts": [{"name": "kind-br", "context": {"cluster": "kind-br", "user": "me"}}],
    }
    file.write_text(json.dumps(content))
    context = LabRegion("kind-br", file, ip="10.0.0.9", host="10.0.0.9", ca_file=None, host_ip="")
    return ClusterInstallation(context, "http://10.0.0.1:8000", ImageSource("r", "t", "Always"))


def test_it_is_the_kubeconfigs_own_where_others_can_reach_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SERVERS, raising=False)

    assert api_server(region(tmp_path, "https://10.0.0.9:6443")) == "https://10.0.0.9:6443"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0"])
def test_a_server_that_only_this_machine_reaches_has_to_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv(SERVERS, "kind-ar=https://kind-ar:6443")
    with pytest.raises(LabUnavailable, match=r"say ACUSE_API_SERVERS=kind-br=https://"):
        api_server(region(tmp_path, f"https://{host}:40123"))

    monkeypatch.setenv(SERVERS, "kind-ar=https://kind-ar:6443, kind-br=https://kind-br:6443")
    assert api_server(region(tmp_path, f"https://{host}:40123")) == "https://kind-br:6443"


def test_what_is_no_address_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVERS, "kind-br")

    with pytest.raises(InvalidSettings, match="is not CONTEXT=https://"):
        api_server(region(tmp_path, "https://10.0.0.9:6443"))
