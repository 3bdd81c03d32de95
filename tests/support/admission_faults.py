"""Writes that a real API server refuses, puts off or answers late, because a test asks for it.

The API server asks a validating webhook before each write; what the webhook says becomes the
answer as it is, its code and Retry-After too. Reads are not asked about.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import tempfile
from collections.abc import AsyncGenerator, Callable, Collection, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
import structlog

from acuse_cluster.kinds import Manifest
from acuse_lab.regions.control_plane import ControlPlane
from support.authority import lab_authority
from support.eventually import until

# How a write is put off: it may be tried again at once, or when its answer says.
LATER: Final = [
    pytest.param({"code": 409}, id="409"),
    pytest.param({"code": 429, "retry_after": 2}, id="429"),
]
_PROBE: Final = "admission-faults-probe"
_REASONS: Final = {
    409: "Conflict",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
}


@dataclass(slots=True)
class Fault:
    """What becomes of the writes of one object, until `over` is set.

    `resource` is a plural, with `/status` for that; `operation` is CREATE, UPDATE, DELETE, or empty
    for all. Without `code` the write is let through, after `delay` seconds and not before `gate`
    is set.
    """

    resource: str
    name: str
    operation: str = ""
    code: int = 0
    retry_after: int = 0
    delay: float = 0.0
    gate: asyncio.Event | None = None
    over: bool = False
    met: int = 0

    def is_about(self, request: dict[str, Any]) -> bool:
        """Tell whether a write is one of these."""
        if self.over or self.operation not in {"", request["operation"]}:
            return False
        below = request.get("subResource")
        resource = request["resource"]["resource"] + (f"/{below}" if below else "")
        return (resource, request.get("name")) == (self.resource, self.name)


@dataclass(slots=True)
class Faults:
    """The faults of one test, laid and lifted at will."""

    laid: list[Fault] = field(default_factory=list[Fault])
    # Whether the API server asks yet.
    is_asked: bool = False
    _open: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])

    def lay(self, resource: str, name: str, **how: Any) -> Fault:
        """Let the writes of an object meet a fault from now on; `how` is as in Fault."""
        fault = Fault(resource, name, **how)
        self.laid.append(fault)
        return fault

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one question of the API server's and hang up."""
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        # The API server may have been killed meanwhile.
        with suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            review = json.loads(await reader.readexactly(length))
            body = json.dumps({**review, "response": await self._judge(review["request"])})
            writer.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                f"Content-Length: {len(body.encode())}\r\n\r\n{body}".encode()
            )
            await writer.drain()
        self._open.discard(task)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def close(self) -> None:
        """Hang up on all that still wait."""
        open_ones = tuple(self._open)
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _judge(self, request: dict[str, Any]) -> dict[str, Any]:
        allowed = {"uid": request["uid"], "allowed": True}
        if request.get("name") == _PROBE:
            self.is_asked = True
            return allowed
        fault = next((fault for fault in self.laid if fault.is_about(request)), None)
        if fault is None:
            return allowed
        fault.met += 1
        await asyncio.sleep(fault.delay)
        if fault.gate is not None:
            await fault.gate.wait()
        if not fault.code:
            return allowed
        status: dict[str, Any] = {
            "status": "Failure",
            "code": fault.code,
            "reason": _REASONS[fault.code],
            "message": f"a test asked for {fault.code}",
        }
        if fault.retry_after:
            status["details"] = {"retryAfterSeconds": fault.retry_after}
        return {**allowed, "allowed": False, "status": status}


async def until_refused(refused: Callable[[], list[datetime]], times: int) -> list[datetime]:
    """Return when calls were refused, once there are so many."""
    loop, found, read_at = asyncio.get_running_loop(), list[datetime](), 0.0

    def are_there() -> bool:
        """Read now and then: an audit log is long, and who always reads does nothing else."""
        nonlocal found, read_at
        if loop.time() >= read_at:
            found, read_at = refused(), loop.time() + 1.0
        return len(found) >= times

    await until(are_there)
    return found


@contextmanager
def _short_tracebacks() -> Generator[None, None, None]:
    """Log what is refused on purpose without all its frames' variables: that takes seconds."""
    before = structlog.get_config()
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before["processors"][:-1], plain])
    try:
        yield
    finally:
        structlog.configure(**before)


def refusals(
    plane: ControlPlane, code: int, *, whose: Callable[[dict[str, Any]], bool]
) -> list[datetime]:
    """Return when calls were answered with this code, of those that are `whose` by the audit."""
    return [
        datetime.fromisoformat(event["requestReceivedTimestamp"])
        for event in plane.audit_events()
        if event["responseStatus"]["code"] == code and whose(event)
    ]


@asynccontextmanager
async def admission_faults(
    plane: ControlPlane, *namespaces: str, users: Collection[str]
) -> AsyncGenerator[Faults, None]:
    """Have the API server ask about writes of these accounts in these namespaces."""
    faults = Faults()
    with tempfile.TemporaryDirectory() as folder:
        authority = lab_authority(Path(folder), host="localhost")
        server = await asyncio.start_server(faults.serve, "127.0.0.1", 0, ssl=authority.server)
        port = server.sockets[0].getsockname()[1]
        trusted = base64.b64encode(authority.ca_file.read_bytes()).decode()
    client = {"url": f"https://localhost:{port}/", "caBundle": trusted}
    made = _configuration(client, namespaces=namespaces, users=users)
    try:
        await _kubectl(plane, made, "create", "-f", "-")
        await until(lambda: _is_asked(plane, namespaces[0], faults))
        with _short_tracebacks():
            yield faults
    finally:
        await _kubectl(plane, made, "delete", "--ignore-not-found", "-f", "-")
        server.close()
        await faults.close()
        await server.wait_closed()


async def _kubectl(plane: ControlPlane, manifest: Manifest, *arguments: str) -> None:
    # Not in this thread: the API server asks us before kubectl is answered.
    await asyncio.to_thread(plane.kubectl, *arguments, stdin=json.dumps(manifest))


async def _is_asked(plane: ControlPlane, namespace: str, faults: Faults) -> bool:
    """Write nothing, and see whether it is asked about: a configuration takes its time."""
    probe = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _PROBE, "namespace": namespace},
    }
    await _kubectl(plane, probe, "create", "--dry-run=server", "-f", "-")
    return faults.is_asked


def _configuration(
    client: dict[str, str], *, namespaces: Collection[str], users: Collection[str]
) -> Manifest:
    named = {
        "key": "kubernetes.io/metadata.name",
        "operator": "In",
        "values": list(namespaces),
    }
    asked = f"request.userInfo.username in {json.dumps(list(users))} || request.name == '{_PROBE}'"
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": f"faults-{secrets.token_hex(4)}"},
        "webhooks": [
            {
                "name": "faults.test.acuse.dev",
                "clientConfig": client,
                "rules": [
                    {
                        "apiGroups": ["*"],
                        "apiVersions": ["*"],
                        "operations": ["CREATE", "UPDATE", "DELETE"],
                        "resources": ["*/*"],
                        "scope": "Namespaced",
                    }
                ],
                "namespaceSelector": {"matchExpressions": [named]},
                "matchConditions": [{"name": "whose", "expression": asked}],
                # What a test's end leaves behind refuses nobody.
                "failurePolicy": "Ignore",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "timeoutSeconds": 30,
            }
        ],
    }
