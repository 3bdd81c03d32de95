"""A request, and the fake that it is for."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import State

from acuse_lab.graph.state import Graph

Asked = Request[Any, Any, State]


def graph_of(request: Asked) -> Graph:
    """Return the fake that serves this request."""
    graph = request.app.state["graph"]
    assert isinstance(graph, Graph)  # noqa: S101  says to the type checkers what app state holds
    return graph


def base_url(request: Asked) -> str:
    """Return the fake's address as this caller can use it."""
    graph = graph_of(request)
    host = request.headers.get("host")
    return graph.base_url if graph.public or not host else f"http://{host}"
