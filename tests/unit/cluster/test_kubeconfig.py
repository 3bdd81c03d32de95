"""Which kubeconfigs are taken, and that none makes us run a program or read a file for it."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from acuse.errors import KubeconfigRefused
from acuse_cluster.access import access_from_bytes, load_access


def config(
    name: str = "a", *, server: str = "http://127.0.0.1:1", user: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {"token": f"token-{name}"} if user is None else user}],
    }


def write(path: Path, document: object) -> str:
    path.write_text(yaml.safe_dump(document))
    return str(path)


async def test_a_token_is_sent_to_the_contexts_server(tmp_path: Path) -> None:
    access = await load_access(kubeconfig=write(tmp_path / "a", config(server="http://x:1/")))

    assert access.server == "http://x:1"
    assert await access.headers() == {"Authorization": "Bearer token-a"}


async def test_of_several_files_the_first_that_says_something_counts(tmp_path: Path) -> None:
    other = config("b") | {"users": [*config("b")["users"], *config("a", user={})["users"]]}
    names = [
        write(tmp_path / "a", config("a")),
        str(tmp_path / "missing"),
        write(tmp_path / "b", other),
    ]
    several = os.pathsep.join(names)

    current = await load_access(kubeconfig=several)
    chosen = await load_access(kubeconfig=several, context="b")

    assert await current.headers() == {"Authorization": "Bearer token-a"}
    assert await chosen.headers() == {"Authorization": "Bearer token-b"}


async def test_a_token_file_beside_the_kubeconfig_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    access = await load_access(
        kubeconfig=write(tmp_path / "a", config(user={"tokenFile": "token"}))
    )
    assert await access.headers() == {"Authorization": "Bearer first"}

    (tmp_path / "token").write_text("second\n")
    access.refresh()
    assert await access.headers() == {"Authorization": "Bearer second"}

    (tmp_path / "token").unlink()
    access.refresh()
    assert await access.headers() == {"Authorization": "Bearer second"}


async def test_the_pods_own_account_counts_where_there_is_no_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    with pytest.raises(KubeconfigRefused, match="own account"):
        await load_access()

    named = await load_access(kubeconfig=write(tmp_path / "a", config()))
    assert await named.headers() == {"Authorization": "Bearer token-a"}


REFUSED: list[tuple[object, str]] = [
    (config(user={"exec": {"command": "touch", "args": ["/tmp/x"]}}), "plugin .exec."),
    (config(user={"auth-provider": {"name": "gcp"}}), "plugin .auth-provider."),
    (config(user={"tokenFile": "/etc/passwd"}), "names files .tokenFile."),
    (config(user={"client-key": "/etc/k", "client-certificate": "/c"}), "names files"),
    (config(server="ftp://x"), "no server"),
    (config() | {"current-context": "b"}, "contexts has no entry named b"),
    (config() | {"current-context": None}, "no current context"),
    (config() | {"users": "x"}, "users is not a list"),
    (config() | {"users": [{"user": {}}]}, "users is not a list of named"),
    (config(user={"client-key-data": "!!", "client-certificate-data": "!!"}), "not base64"),
    (
        config(server="https://x", user={"client-certificate-data": "eA=="}),
        "cannot be used",
    ),
    ("just text", "not a mapping"),
]


@pytest.mark.parametrize(("document", "says"), REFUSED)
async def test_what_came_in_a_secret_is_refused_with_a_reason(document: object, says: str) -> None:
    with pytest.raises(KubeconfigRefused, match=says):
        await access_from_bytes(yaml.safe_dump(document).encode())


async def test_what_is_no_yaml_or_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigRefused, match="not YAML"):
        await access_from_bytes(b"a: [")
    with pytest.raises(KubeconfigRefused, match="can be read"):
        await load_access(kubeconfig=str(tmp_path / "missing"))


async def test_no_private_key_is_left_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    key = base64.b64encode(b"no key").decode()
    user = {"client-key-data": key, "client-certificate-data": key}
    with pytest.raises(KubeconfigRefused):
        await access_from_bytes(yaml.safe_dump(config(server="https://x", user=user)).encode())

    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a Path's own way is not for a coroutine
