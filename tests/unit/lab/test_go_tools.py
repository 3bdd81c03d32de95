"""Programs built from pinned modules: once, and again when what they are built from changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from acuse.errors import InvalidSettings
from acuse_lab import go_tools
from acuse_lab.go_toolchain import OLDEST
from acuse_lab.go_tools import GoTool, build, file_of, is_built, program

EVERY = (
    *(go_tools.CONTOUR, go_tools.COREDNS, go_tools.ETCD, go_tools.HELM),
    *(go_tools.KUBERNETES, go_tools.PAUSE, go_tools.VERSITYGW),
)
MAIN = "package main\n\nfunc main() {}\n"
GO = """\
#!/bin/sh
# A stand-in for `go`: what it "builds" is the line that it was called with.
while [ "$1" != "-o" ]; do shift; done
case $2 in */) for package in a b; do echo built >"$2$package"; done ;; *) echo built >"$2" ;; esac
echo once >>"$BUILDS"
"""


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in for `go` first, and return where it counts how often it built."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "go").write_text(GO)
    (folder / "go").chmod(0o755)
    monkeypatch.setattr(go_tools, "go_program", lambda: folder / "go")
    monkeypatch.setattr(go_tools, "MODULES", tmp_path / "modules")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("BUILDS", str(tmp_path / "builds"))
    return tmp_path / "builds"


@pytest.fixture
def thing(tmp_path: Path, builds: Path) -> GoTool:
    """Return a tool with one program and a module of its own."""
    del builds
    source = tmp_path / "modules" / "thing"
    source.mkdir(parents=True)
    (source / "go.mod").write_text("module x\n\nrequire example.org/thing v1.2.3 // indirect\n")
    (source / "main.go").write_text(MAIN)
    return GoTool("thing", "example.org/thing", {"thing": "example.org/thing"}, minutes=1)


def times(builds: Path) -> int:
    return len(builds.read_text().splitlines())


def test_a_program_is_built_once(thing: GoTool, builds: Path) -> None:
    before = is_built(thing)

    first, second = program(thing), program(thing)

    assert (before, is_built(thing), first, times(builds)) == (False, True, second, 1)
    assert first.parent.name == "thing-v1.2.3"


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "main.go"])
def test_a_program_is_built_anew_when_its_module_changes(
    thing: GoTool, builds: Path, file: str
) -> None:
    build(thing)
    with (thing.source / file).open("a") as changed:
        changed.write("\n// changed\n")

    build(thing)

    assert times(builds) == 2


def test_several_programs_are_built_together(thing: GoTool, builds: Path) -> None:
    both = replace(thing, programs={"a": "example.org/a", "b": "example.org/b"})

    assert (program(both, "a").exists(), program(both, "b").exists()) == (True, True)
    assert times(builds) == 1


def test_what_go_said_is_said_when_it_fails(thing: GoTool, tmp_path: Path) -> None:
    (tmp_path / "bin" / "go").write_text("#!/bin/sh\necho it broke >&2\nexit 1\n")

    with pytest.raises(InvalidSettings, match=r"go build of thing v1\.2\.3 failed: it broke"):
        program(thing)

    assert not is_built(thing)


def test_outside_a_checkout_it_is_said_that_nothing_can_be_built(
    thing: GoTool, tmp_path: Path
) -> None:
    (tmp_path / "modules" / "thing").rename(tmp_path / "elsewhere")

    with pytest.raises(InvalidSettings, match="from a checkout of Acuse only"):
        program(thing)


@pytest.mark.parametrize("tool", EVERY, ids=[tool.name for tool in EVERY])
def test_every_module_pins_its_tool_and_asks_for_no_newer_go_than_we_bring(tool: GoTool) -> None:
    wanted = next(
        line.split()[1]
        for line in (tool.source / "go.mod").read_text().splitlines()
        if line.startswith("go ")
    )
    major, minor = (int(part) for part in wanted.split(".")[:2])

    assert (major, minor) <= OLDEST
    assert not tool.module or (tool.source / "go.sum").exists()
    assert not tool.module or tool.version.startswith("v")


def test_kubernetes_says_its_own_version() -> None:
    flags = go_tools.KUBERNETES.linker_flags()

    version = go_tools.KUBERNETES.version
    assert f"-X k8s.io/component-base/version.gitVersion={version}" in flags
    assert "{" not in flags


def test_a_modules_files_lie_beside_its_programs() -> None:
    if not is_built(go_tools.CONTOUR):
        pytest.skip("Contour is not built here")

    assert "gateway.networking.k8s.io" in file_of(go_tools.CONTOUR, "gateway-api.yaml").read_text()
