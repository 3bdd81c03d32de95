"""A real S3 server on this machine, for tests: versitygw over a folder, built once with Go.

The module under lab/go/versitygw pins its version and every hash; the program is kept outside the
checkout. Building takes about three minutes of a busy machine.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from acuse.errors import InvalidSettings, ObjectStoreUnavailable
from acuse_lab.go_tools import VERSITYGW, program, say
from acuse_lab.ports import free_port

_START_DEADLINE: Final = 60.0


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server with one bucket."""

    port: int
    bucket: str
    # A bucket is a folder in it.
    folder: Path
    access_key: str
    secret_key: str = field(repr=False)

    @property
    def url(self) -> str:
        """Return the bucket as ACUSE_OBJECT_STORE names it."""
        return f"s3://{self.bucket}"

    def environment(self) -> dict[str, str]:
        """Return the variables by which obstore finds this server."""
        return {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }


def s3_program() -> Path:
    """Return the server's program, built now if it never was; or InvalidSettings."""
    return program(VERSITYGW)


@contextmanager
def running_s3(bucket: str = "media") -> Generator[S3Server, None, None]:
    """Run a server over a folder that is removed afterwards, with one empty bucket."""
    server_program = s3_program()
    folder = Path(tempfile.mkdtemp(prefix="acuse-s3-"))
    data = folder / "data"
    server = S3Server(free_port(), bucket, data, secrets.token_hex(10), secrets.token_urlsafe(24))
    (data / bucket).mkdir(parents=True)
    # Beside the data: not every file system has extended attributes.
    (folder / "metadata").mkdir()
    process = subprocess.Popen(  # noqa: S603 - our own program and arguments
        [
            *(server_program, "--quiet", "--port", f"127.0.0.1:{server.port}"),
            *("posix", "--sidecar", folder / "metadata", data),
        ],
        env={"ROOT_ACCESS_KEY": server.access_key, "ROOT_SECRET_KEY": server.secret_key},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        _wait_until_it_answers(process, server.port)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_DEADLINE
    while True:
        try:
            # Any answer will do; without a signature it is a refusal.
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
        except httpx.TransportError as exc:
            if process.poll() is not None or time.monotonic() > deadline:
                raise ObjectStoreUnavailable("versitygw did not start") from exc
            time.sleep(0.05)
        else:
            return


def main() -> None:
    """Build the server if it never was, where progress can be seen; say why when that cannot be."""
    try:
        s3_program()
    except InvalidSettings as exc:
        say(f"tests that need an S3 server will be skipped: {exc}")


if __name__ == "__main__":
    main()
