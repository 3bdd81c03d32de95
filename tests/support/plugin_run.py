"""`kubectl acuse` run by a test, which sees to it that no credential is ever shown."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner

from acuse_cluster.kinds import Manifest
from acuse_operator.plugin.run import acuse

ACCESS_TOKEN: Final = "plugin-access-token-canary"
APP_SECRET: Final = "plugin-app-secret-canary"
VERIFY_TOKEN: Final = "plugin-verify-token-canary"
CANARIES: Final = (ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return what `-o json` printed."""
        return json.loads(self.out)

    @property
    def last(self) -> str:
        """Return the last line."""
        return self.out.rstrip("\n").rpartition("\n")[2]


async def run(kubeconfig: Path, *words: str, stdin: str | None = None) -> Ran:
    """Run `kubectl acuse` with a kubeconfig."""
    arguments = ["--kubeconfig", str(kubeconfig), *words]
    done = await asyncio.to_thread(CliRunner().invoke, acuse, arguments, input=stdin)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    ran = Ran(done.exit_code, done.stdout, done.stderr)
    shown = ran.out + ran.err
    for canary in CANARIES:
        assert canary not in shown
        assert base64.b64encode(canary.encode()).decode() not in shown
    return ran


def kubeconfig_with_plugin(plain: Path, folder: Path) -> Path:
    """Return a kubeconfig like `plain` whose credentials a plugin gives, as clouds have them."""
    document: Manifest = json.loads(plain.read_text())
    user = document["users"][0]["user"]
    credentials = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {
            "clientCertificateData": base64.b64decode(user["client-certificate-data"]).decode(),
            "clientKeyData": base64.b64decode(user["client-key-data"]).decode(),
        },
    }
    given = folder / "credentials.json"
    given.write_text(json.dumps(credentials))
    document["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "cat",
            "args": [str(given)],
            "interactiveMode": "Never",
        }
    }
    path = Path(tempfile.mkdtemp(dir=folder)) / "config"
    path.write_text(json.dumps(document))
    return path
