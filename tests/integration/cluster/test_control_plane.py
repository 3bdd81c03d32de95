"""The control plane that other tests stand on."""

from __future__ import annotations

import ssl

import httpx
import pytest

from acuse.errors import Unavailable
from acuse_lab.regions.control_plane import ControlPlane
from support.eventually import until


def test_a_stranger_is_refused_and_the_server_shows_a_checked_certificate(
    control_plane: ControlPlane,
) -> None:
    checked = ssl.create_default_context(cafile=str(control_plane.ca_file))

    with httpx.Client(verify=checked, trust_env=False) as client:
        answer = client.get(f"{control_plane.url}/api/v1/namespaces")

    assert answer.status_code == 401


def test_a_user_without_a_role_may_nothing(control_plane: ControlPlane) -> None:
    with pytest.raises(Unavailable, match="Forbidden"):
        control_plane.kubectl("get", "secrets", "-A", user="nobody")


async def test_a_service_account_is_let_in_as_itself(control_plane: ControlPlane) -> None:
    control_plane.kubectl("create", "namespace", "accounts")

    def made() -> bool:
        return "default" in control_plane.kubectl("get", "sa", "-n", "accounts", "-o", "name")

    await until(made)
    control_plane.kubeconfig_for_service_account("accounts", "default")

    user = "system:serviceaccount:accounts:default"
    assert user in control_plane.kubectl("auth", "whoami", user=user)


async def test_the_controllers_remove_what_a_namespace_held(control_plane: ControlPlane) -> None:
    control_plane.kubectl("create", "namespace", "brief")
    control_plane.kubectl("delete", "namespace", "brief", "--wait=false")

    def gone() -> bool:
        return "brief" not in control_plane.kubectl("get", "namespaces", "-o", "name")

    await until(gone)


def test_who_changed_what_is_in_the_audit_log(control_plane: ControlPlane) -> None:
    control_plane.kubectl("create", "configmap", "seen", "--from-literal=a=b")

    written = [
        event
        for event in control_plane.audit_events()
        if event["verb"] == "create" and event["objectRef"].get("name") == "seen"
    ]
    assert [event["user"]["username"] for event in written] == ["admin"]
    assert "requestObject" not in written[0]


def test_it_survives_a_crash_of_its_api_server(own_control_plane: ControlPlane) -> None:
    own_control_plane.kubectl("create", "configmap", "kept", "--from-literal=a=b")

    own_control_plane.kill_apiserver()
    was_ready = own_control_plane.is_ready()
    own_control_plane.start_apiserver()

    assert not was_ready
    assert "kept" in own_control_plane.kubectl("get", "configmaps", "-o", "name")


async def test_a_paused_api_server_answers_again_when_it_goes_on(
    own_control_plane: ControlPlane,
) -> None:
    own_control_plane.pause()
    was_ready = own_control_plane.is_ready(within=0.5)
    own_control_plane.resume()

    await until(own_control_plane.is_ready)
    assert not was_ready
