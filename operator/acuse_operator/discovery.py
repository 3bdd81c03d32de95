"""What Kopf hears of the kinds that the cluster serves: nothing, until it serves all of ours.

Kopf asks once. An API server that starts answers before it has read its CustomResourceDefinitions,
and a kind that is not in that answer would never be watched.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import aiohttp

from acuse_cluster.kinds import Kind

_GROUPS: Final = "/apis"
_NOT_FOUND: Final = 404


def insist(kinds: Collection[Kind]) -> aiohttp.ClientMiddlewareType:
    """Return what turns an answer that lacks one of these kinds into one to ask again for."""
    roots = {kind.root for kind in kinds}

    async def whole(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Pass on an answer; raise ClientConnectionError for half of one, which Kopf waits on."""
        response = await handler(request)
        path = request.url.path
        missing: list[str] = []
        if path in roots and response.status == _NOT_FOUND:
            missing = [path]
        elif response.ok and (path == _GROUPS or path in roots):
            missing = _missing(kinds, path, await response.json())
        if missing:
            response.release()
            raise aiohttp.ClientConnectionError(f"not served yet: {', '.join(missing)}")
        return response

    return whole


def _missing(kinds: Collection[Kind], path: str, answer: Any) -> list[str]:
    """Return what an APIGroupList or an APIResourceList has not of these kinds."""
    if path == _GROUPS:
        versions = (version for group in answer["groups"] for version in group["versions"])
        there = {f"{_GROUPS}/{version['groupVersion']}" for version in versions}
        return sorted({kind.root for kind in kinds} - there)
    there = {resource["name"] for resource in answer["resources"]}
    return sorted(kind.plural for kind in kinds if kind.root == path and kind.plural not in there)
