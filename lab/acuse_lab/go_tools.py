"""Programs of others that are built once from pinned Go modules and kept outside the checkout.

Each folder under lab/go is one module that names a tool, its version and every hash. Two runs at
once build it once; a changed go.mod, go.sum or source builds it anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from acuse.errors import InvalidSettings
from acuse.settings import cache_dir
from acuse_lab.go_toolchain import go_program

MODULES: Final = Path(__file__).parents[1] / "go"
_SAY_EVERY: Final = 15.0
# What every build has: nothing of the machine gets into the program.
_ENVIRONMENT: Final = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}


@dataclass(frozen=True, slots=True)
class GoTool:
    """One module under lab/go and the programs that it builds."""

    name: str
    # The module whose version in go.mod is the tool's; empty where the source is ours.
    module: str
    # Each program's package.
    programs: Mapping[str, str]
    # Minutes on a quiet machine with two cores and nothing built before.
    minutes: float
    # Linker flags; {version}, {major} and {minor} are the tool's.
    stamps: tuple[str, ...] = ()
    # Files of the module that are wanted beside its programs, by the name they get.
    files: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def source(self) -> Path:
        """Return the folder of its go.mod."""
        return MODULES / self.name

    @property
    def version(self) -> str:
        """Return the version that go.mod pins; InvalidSettings outside a checkout."""
        if not self.module:
            return "own"
        line = rf"^(?:\s*|require ){re.escape(self.module)} (v\S+)"
        pinned = re.search(line, self._go_mod(), re.MULTILINE)
        if pinned is None:
            raise InvalidSettings(f"lab/go/{self.name}/go.mod does not require {self.module}")
        return pinned.group(1)

    def _go_mod(self) -> str:
        try:
            return (self.source / "go.mod").read_text()
        except FileNotFoundError as exc:
            raise InvalidSettings(f"{self.name} is built from a checkout of Acuse only") from exc

    @property
    def folder(self) -> Path:
        """Return where its programs are kept."""
        return cache_dir() / f"{self.name}-{self.version}"

    def linker_flags(self) -> str:
        """Return what the linker is told."""
        numbers = re.match(r"v(\d+)\.(\d+)", self.version)
        major, minor = numbers.groups() if numbers else ("0", "0")
        told = ("-s", "-w", *(f"-X {stamp}" for stamp in self.stamps))
        return " ".join(told).format(version=self.version, major=major, minor=minor)

    def fingerprint(self) -> str:
        """Return what changes whenever the programs must be built anew."""
        digest = hashlib.sha256(f"{self.linker_flags()}\n{sorted(self.programs.items())}".encode())
        digest.update(f"{sorted(self.files.items())}".encode())
        for file in sorted(self.source.iterdir()):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()


_KUBERNETES_VERSION: Final = "k8s.io/component-base/version"

KUBERNETES: Final = GoTool(
    name="kubernetes",
    module="k8s.io/kubernetes",
    programs={
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in (
            *("kube-apiserver", "kube-controller-manager", "kube-scheduler"),
            *("kubelet", "kube-proxy", "kubectl"),
        )
    },
    minutes=6,
    stamps=(
        f"{_KUBERNETES_VERSION}.gitVersion={{version}}",
        f"{_KUBERNETES_VERSION}.gitMajor={{major}}",
        f"{_KUBERNETES_VERSION}.gitMinor={{minor}}",
        "k8s.io/client-go/pkg/version.gitVersion={version}",
    ),
)
ETCD: Final = GoTool(
    name="etcd",
    module="go.etcd.io/etcd/server/v3",
    programs={"etcd": "go.etcd.io/etcd/server/v3"},
    minutes=1,
)
HELM: Final = GoTool(
    name="helm",
    module="helm.sh/helm/v3",
    programs={"helm": "helm.sh/helm/v3/cmd/helm"},
    minutes=1.5,
    stamps=(
        "helm.sh/helm/v3/internal/version.version={version}",
        # What `helm template` and `helm lint` take a cluster to be that they cannot ask.
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=36",
        "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=36",
    ),
)
COREDNS: Final = GoTool(
    name="coredns",
    module="github.com/coredns/coredns",
    programs={"coredns": "github.com/coredns/coredns"},
    minutes=1.5,
)
CONTOUR: Final = GoTool(
    name="contour",
    module="github.com/projectcontour/contour",
    programs={"contour": "github.com/projectcontour/contour/cmd/contour"},
    minutes=2,
    stamps=("github.com/projectcontour/contour/internal/build.Version={version}",),
    files={
        "gateway-api.yaml": "examples/gateway/00-crds.yaml",
        "crds.yaml": "examples/contour/01-crds.yaml",
        "role.yaml": "examples/contour/02-role-contour.yaml",
    },
)
# Ours: a pod's pause container, a region's holder, a server for tests.
PAUSE: Final = GoTool(
    name="pause",
    module="",
    programs={"pause": "acuse.dev/lab/pause"},
    minutes=0.5,
)
VERSITYGW: Final = GoTool(
    name="versitygw",
    module="github.com/versity/versitygw",
    programs={"versitygw": "github.com/versity/versitygw/cmd/versitygw"},
    minutes=3,
)


def program(tool: GoTool, name: str | None = None) -> Path:
    """Return a tool's program, built now if it never was; InvalidSettings when it cannot be."""
    build(tool)
    return tool.folder / (name or tool.name)


def file_of(tool: GoTool, name: str) -> Path:
    """Return one of the module's own files, as they lie beside its programs."""
    build(tool)
    return tool.folder / name


def is_built(tool: GoTool) -> bool:
    """Tell whether the tool's programs are there, as this checkout wants them."""
    try:
        return _built_from(tool.folder) == tool.fingerprint()
    except InvalidSettings:
        return False


def build(tool: GoTool) -> None:
    """Build all programs of a tool unless they are there, as this checkout wants them."""
    wanted = tool.fingerprint() if tool.source.is_dir() else ""
    folder = tool.folder
    if _built_from(folder) == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        # Two test runs at once: the second waits and finds it built.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _built_from(folder) != wanted:
            _build(tool, go=go_program())
            (folder / "built-from").write_text(wanted)


def _built_from(folder: Path) -> str | None:
    try:
        return (folder / "built-from").read_text()
    except FileNotFoundError:
        return None


def _build(tool: GoTool, *, go: Path) -> None:
    label = f"{tool.name} {tool.version}" if tool.module else f"{tool.name} (ours)"
    say(f"building {label}, once: about {tool.minutes * 60:.0f} s the first time")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="partial-", dir=tool.folder) as partial:
        # `go` names a program after its package; one alone is given ours.
        into = f"{partial}/" if len(tool.programs) > 1 else f"{partial}/{next(iter(tool.programs))}"
        flags = ("-trimpath", "-ldflags", tool.linker_flags(), "-o", into)
        command = [str(go), "build", *flags, *sorted(tool.programs.values())]
        said = _run_go(command, tool=tool, started=started)
        if said is not None:
            raise InvalidSettings(f"go build of {label} failed: {said}")
        for name in tool.programs:
            shutil.move(f"{partial}/{name}", tool.folder / name)
        _keep_files(tool, go=go)
    say(f"built {label} in {time.monotonic() - started:.0f} s")


def _keep_files(tool: GoTool, *, go: Path) -> None:
    if not tool.files:
        return
    module = subprocess.run(  # noqa: S603 - our own arguments
        [go, "list", "-m", "-f", "{{.Dir}}", tool.module],
        cwd=tool.source,
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    for name, path in tool.files.items():
        # Only the content: the module cache is read-only.
        shutil.copyfile(Path(module, path), tool.folder / name)


def _run_go(command: list[str], *, tool: GoTool, started: float) -> str | None:
    """Run it, saying how far it is; return what it said if it failed."""
    with tempfile.TemporaryFile() as said:
        building = subprocess.Popen(  # noqa: S603 - our own arguments
            command,
            cwd=tool.source,
            env={**os.environ, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            while building.poll() is None:
                try:
                    building.wait(timeout=_SAY_EVERY)
                except subprocess.TimeoutExpired:
                    passed = time.monotonic() - started
                    say(f"building {tool.name}: {passed:.0f} of about {tool.minutes * 60:.0f} s")
        finally:
            # Ctrl-C: the compiler must not outlive us.
            building.kill()
            building.wait()
        if building.returncode == 0:
            return None
        said.seek(0)
        return said.read()[-800:].decode(errors="replace")


def say(line: str) -> None:
    """Tell the person who waits, beside what the program prints."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
