"""Kubeconfigs: files merged as kubectl does, or bytes that came in a Secret.

What a kubeconfig may say is bounded here. No program of ours runs a plugin, wherever it came from;
only a person's own kubectl plugin does, as kubectl itself would. One that came as bytes may not
name files either: it would make us read, and send to its own server, whatever this process can
read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import yaml

from acuse.errors import KubeconfigRefused

Node: TypeAlias = dict[str, Any]

_PLUGINS: Final = ("exec", "auth-provider")
_FILES: Final = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_CLUSTER_DATA: Final = ("certificate-authority",)
_USER_DATA: Final = ("client-certificate", "client-key")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One context of a kubeconfig: its cluster and its user."""

    cluster: Node
    user: Node
    # The one that a person works in, if the context says so.
    namespace: str | None = None

    def document(self) -> Node:
        """Return a kubeconfig that holds this context only."""
        return {
            "current-context": "chosen",
            "contexts": [{"name": "chosen", "context": {"cluster": "chosen", "user": "chosen"}}],
            "clusters": [{"name": "chosen", "cluster": self.cluster}],
            "users": [{"name": "chosen", "user": self.user}],
        }


def choose_from_files(
    files: Sequence[Path], *, context: str | None, runs_plugins: bool = False
) -> Chosen:
    """Return the context of these files, the first that says something counting, as for kubectl.

    `runs_plugins`: also one whose credentials come from a plugin, as kubectl takes it.
    """
    merged: Node = {"clusters": [], "contexts": [], "users": []}
    found = False
    for file in files:
        try:
            text = file.read_bytes()
        except OSError:
            continue
        found = True
        _merge(merged, _parse(text), base=file.absolute().parent)
    if not found:
        raise KubeconfigRefused("no kubeconfig file can be read")
    return _choose(merged, context, refused=_PLUGINS[1:] if runs_plugins else _PLUGINS)


def choose_from_bytes(text: bytes, *, context: str | None) -> Chosen:
    """Return the context of a kubeconfig that came as bytes; it must not name files."""
    chosen = _choose(_parse(text), context)
    named = [key for key in _FILES if key in chosen.cluster or key in chosen.user]
    if named:
        raise KubeconfigRefused(f"it names files ({', '.join(named)}); put the data into it")
    return chosen


def write_data(chosen: Chosen, folder: Path) -> Chosen:
    """Return the context with its base64 data as files in `folder`: OpenSSL reads only files."""
    return Chosen(
        _with_files(chosen.cluster, _CLUSTER_DATA, folder),
        _with_files(chosen.user, _USER_DATA, folder),
        chosen.namespace,
    )


def _with_files(node: Node, keys: Sequence[str], folder: Path) -> Node:
    changed = dict(node)
    for key in keys:
        data = changed.pop(f"{key}-data", None)
        if data:
            try:
                content = base64.b64decode(data, validate=True)
            except (binascii.Error, TypeError, ValueError) as exc:
                raise KubeconfigRefused(f"{key}-data is not base64") from exc
            file = folder / key
            file.write_bytes(content)
            changed[key] = str(file)
    return changed


def _parse(text: bytes) -> Node:
    try:
        document: object = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise KubeconfigRefused("it is not YAML") from exc
    if not isinstance(document, dict):
        raise KubeconfigRefused("it is not a mapping")
    return cast("Node", document)


def _merge(merged: Node, document: Node, *, base: Path) -> None:
    for part, inner in (("clusters", "cluster"), ("contexts", "context"), ("users", "user")):
        known = {entry["name"] for entry in merged[part]}
        for entry in _entries(document, part):
            if entry["name"] not in known:
                node = _absolute(cast("Node", entry.get(inner) or {}), base)
                merged[part].append({"name": entry["name"], inner: node})
    if document.get("current-context"):
        merged.setdefault("current-context", document["current-context"])


def _absolute(node: Node, base: Path) -> Node:
    paths = {key: str(base / node[key]) for key in _FILES if node.get(key)}
    return {**node, **paths}


def _entries(document: Node, part: str) -> list[Node]:
    entries: object = document.get(part) or []
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(cast("Node", entry).get("name"), str)
        for entry in cast("list[object]", entries)
    ):
        raise KubeconfigRefused(f"{part} is not a list of named entries")
    return cast("list[Node]", entries)


def _choose(document: Node, context: str | None, *, refused: Sequence[str] = _PLUGINS) -> Chosen:
    name: object = context or document.get("current-context")
    if not isinstance(name, str):
        raise KubeconfigRefused("it has no current context, and none was asked for")
    chosen = _named(document, "contexts", name, "context")
    cluster = _named(document, "clusters", chosen.get("cluster"), "cluster")
    user = _named(document, "users", chosen["user"], "user") if chosen.get("user") else {}
    plugins = [plugin for plugin in refused if plugin in user]
    if plugins:
        raise KubeconfigRefused(f"it wants a credential plugin ({plugins[0]}), which is never run")
    if not str(cluster.get("server", "")).startswith(("https://", "http://")):
        raise KubeconfigRefused("the context's cluster has no server")
    namespace = chosen.get("namespace")
    return Chosen(cluster, user, namespace if isinstance(namespace, str) else None)


def _named(document: Node, part: str, name: object, inner: str) -> Node:
    for entry in _entries(document, part):
        if entry["name"] == name:
            node: object = entry.get(inner) or {}
            if isinstance(node, Mapping):
                return dict(cast("Node", node))
    raise KubeconfigRefused(f"{part} has no entry named {name}")
