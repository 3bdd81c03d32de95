"""A real region for tests, apart from any lab that a person runs: `lab_region`, `own_lab`."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from acuse_lab.regions.abilities import why_no_regions
from acuse_lab.regions.fleet import regions_down, regions_up
from acuse_lab.regions.handle import LabRegion
from acuse_lab.regions.holder import holder_of
from acuse_lab.regions.lab import Lab
from acuse_lab.regions.processes import Process, process_of

# Each run of tests has a folder here that it holds a lock in; one that nobody holds is swept.
RUNS = Path("/var/lib/acuse/lab-tests")


@pytest.fixture(scope="session")
def lab_region() -> Iterator[LabRegion]:
    """Run one region for the whole run; make namespaces of your own in it.

    A test that breaks its region takes `own_lab`.
    """
    with temporary_lab() as lab:
        yield regions_up(["shared"], lab=lab)[0]


@pytest.fixture
def own_lab() -> Iterator[Lab]:
    """Make a lab with no region yet, for this test alone."""
    with temporary_lab() as lab:
        yield lab


@contextmanager
def temporary_lab(*, tied: bool = True) -> Generator[Lab, None, None]:
    """Make a lab of which nothing is left; a run that was killed is swept by the next."""
    reason = why_no_regions()
    if reason is not None:
        pytest.skip(f"no region: {reason}")
    RUNS.mkdir(parents=True, exist_ok=True)
    label = f"act{secrets.token_hex(3)}"
    folder = RUNS / label
    # Until the new folder has an owner, another run's sweep must not see it.
    with _held(RUNS, wait=True), ExitStack() as owned:
        _sweep()
        folder.mkdir()
        owned.enter_context(_held(folder / "owner"))
        owner = owned.pop_all()
    lab = Lab(folder / "lab", label=label, tied=tied)
    with owner:
        try:
            yield lab
        finally:
            regions_down(lab=lab)
            traces = traces_of(lab)
            shutil.rmtree(folder)
            with suppress(OSError):
                RUNS.rmdir()
                RUNS.parent.rmdir()
        assert traces == []


def inhabitants(lab: Lab) -> list[Process]:
    """Return every process of a lab's regions: holders, programs, and what runs in pods."""
    holders = [holder_of(region.holder_file) for region in lab.regions()]
    homes: set[str] = set()
    for holder in filter(None, holders):
        # It may end at any moment, and takes its region with it.
        with suppress(OSError):
            homes.add(_mounts(holder.pid))
    found: list[Process] = []
    for folder in Path("/proc").glob("[0-9]*"):
        process = process_of(int(folder.name))
        with suppress(OSError):
            in_a_pod = lab.label in (folder / "cgroup").read_text()
            if process is not None and (in_a_pod or _mounts(process.pid) in homes):
                found.append(process)
    return found


def _mounts(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/mnt").readlink())


def traces_of(lab: Lab) -> list[str]:
    """Return what of a lab can still be seen on this machine."""
    found = [str(path) for path in Path("/sys/class/net").glob(f"{lab.label}*")]
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/{lab.label}*")]
    found += [str(path) for path in Path("/var/lib/cni").glob(f"results/{lab.label}*")]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found += [line for line in mounts if lab.label in line]
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if str(lab.folder) in command:
                found.append(command)
    if lab.folder.exists():
        found.append(str(lab.folder))
    return found


def _sweep() -> None:
    for folder in RUNS.glob("act*"):
        with suppress(BlockingIOError, FileNotFoundError), _held(folder / "owner"):
            regions_down(lab=Lab(folder / "lab", label=folder.name))
            shutil.rmtree(folder)


@contextmanager
def _held(path: Path, *, wait: bool = False) -> Generator[None, None, None]:
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
