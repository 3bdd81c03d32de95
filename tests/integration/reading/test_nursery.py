"""One process forks a child for each document: nothing is imported, nothing is shared."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
from pathlib import Path
from typing import Any, get_args

import pytest
from prometheus_client import REGISTRY

from acuse.errors import DocumentBroken, ReaderUnavailable, ReadingCrashed, ReadingTimedOut
from acuse.reading.wire import contract_of
from acuse_lab.documents.catalogue import sample, samples
from acuse_workers.reading import nursing
from acuse_workers.reading.engines.keeping import open_recogniser
from acuse_workers.reading.nursing import Nursery
from acuse_workers.reading.sandbox import Reader
from acuse_workers.reading.stages import Stage
from support.eventually import until
from support.nurseries import nursery_of
from support.processes import descendants, is_running

NAMES = [each.name for each in samples()]


def nurseries() -> set[int]:
    return {pid for pid in descendants() if _is_nursery(pid)}


def family() -> set[int]:
    """Return the nurseries with all below them; a run has other servers beside."""
    return {each for pid in nurseries() for each in (pid, *descendants(pid))}


def _is_nursery(pid: int) -> bool:
    try:
        return int(_stat(pid)[1]) == os.getpid() and _forks(pid)
    except (FileNotFoundError, ProcessLookupError):
        # Somebody else's, gone by now.
        return False


def _state(pid: int) -> str:
    return _stat(pid)[0]


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _all_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in folder.glob("*.json")]


def _forks(pid: int) -> bool:
    return b"nursery" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(sample("factura-b").data)
    return path


async def test_documents_of_all_types_are_read_at_the_same_time_by_forks_of_one_process(
    nursery: Nursery, tmp_path: Path
) -> None:
    reader = Reader(nursery)

    async def one(name: str, number: int) -> bool:
        path = tmp_path / f"{number}-{name}"
        path.write_bytes(sample(name).data)
        found, truth = contract_of(await reader.read(path)), sample(name).truth
        return {field: found[field] for field in truth} == dict(truth)

    right = await asyncio.gather(*(one(name, again) for again in range(2) for name in NAMES))

    assert all(right)
    assert len(nurseries()) == 1
    assert family() == nurseries()


async def test_every_stage_of_a_reading_is_timed(nursery: Nursery, tmp_path: Path) -> None:
    def counted() -> dict[str, float]:
        name, stages = "acuse_worker_reading_stage_seconds_count", get_args(Stage)
        return {s: REGISTRY.get_sample_value(name, {"stage": s}) or 0.0 for s in stages}

    path = tmp_path / "ticket"
    path.write_bytes(sample("ticket").data)
    before = counted()

    await Reader(nursery).read(path, explain_to=tmp_path / "drawn.png")

    assert counted() == {stage: count + 1 for stage, count in before.items()}


async def test_a_child_that_was_taken_over_cannot_make_up_stages(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = b'{"reading": null, "stages": {"anything": 1.0}}'
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(f"line.sendall({said!r})"))

    with pytest.raises(ReadingCrashed):
        await Reader(nursery).read(tmp_path / "any")


async def test_what_is_given_up_while_a_process_starts_leaves_no_line_open(
    nursery: Nursery, tmp_path: Path
) -> None:
    async with open_recogniser() as kept:
        for turns in range(1, 12):
            reader = Reader(nursery, recogniser=kept)
            reading = asyncio.create_task(reader.read(tmp_path / "any"))
            for _ in range(turns):
                await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            await kept.close()
            await nursery.close()
    # A socket that was not closed is told of here: warnings are errors.
    gc.collect()


@pytest.mark.parametrize("name", NAMES)
async def test_a_child_imports_nothing(
    name: str, nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = tmp_path / "imported"
    program = (
        "before = set(sys.modules); kept = line.dup(); read(line, recogniser)\n"
        f"open({str(imported)!r}, 'w').write(repr(sorted(set(sys.modules) - before)))"
    )
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))
    path = tmp_path / "document"
    path.write_bytes(sample(name).data)

    await Reader(nursery).read(path)

    assert imported.read_text() == "[]"


async def test_a_child_inherits_its_own_lines_and_nothing_of_others(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import json\n"
        "from pathlib import Path\n"
        "open_ones = [fd for fd in Path('/proc/self/fd').iterdir() if fd.exists()]\n"
        "has = {fd.name: os.readlink(fd) for fd in open_ones}\n"
        "has['given'] = sorted([line.fileno(), *([] if recogniser is None else [recogniser])])\n"
        f"part = Path({str(tmp_path)!r}, str(os.getpid()))\n"
        "part.write_text(json.dumps(has))\n"
        "part.rename(part.with_suffix('.json'))\n"
        "line.makefile('rb').readline()\n"
        "line.recv(1)"
    )
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))
    seen: list[dict[str, str]] = []
    async with open_recogniser() as kept:
        plain, recognised = Reader(nursery), Reader(nursery, recogniser=kept)
        readers = (plain, recognised, plain, recognised, plain)
        readings = [asyncio.create_task(each.read(tmp_path / "any")) for each in readers]
        await until(lambda: len(_all_of(tmp_path)) == len(readings))
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)

    sockets: list[str] = []
    for has in _all_of(tmp_path):
        given: list[str] = [str(descriptor) for descriptor in has.pop("given")]
        assert {has.pop(standard) for standard in "012"} == {"/dev/null"}
        sockets += [has.pop(descriptor) for descriptor in given]
        seen.append(has)
    assert seen == [{}] * len(readings)
    assert len(set(sockets)) == len(sockets) == len(readings) + 2


async def test_a_child_finds_its_own_folder_and_group_and_what_was_usual_of_signals(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    program = (
        "import json, tempfile\n"
        "real = child._answer\n"
        "def answer(request, recogniser):\n"
        "    scratch = request.scratch.decode()\n"
        "    places = {os.getcwd(), tempfile.gettempdir(), *map(os.getenv, ('HOME', 'TMPDIR'))}\n"
        "    calm = signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL\n"
        "    ours, its = (int(open(f'/proc/{pid}/oom_score_adj').read())\n"
        "                 for pid in ('self', os.getppid()))\n"
        f"    open({str(seen)!r}, 'w').write(json.dumps(\n"
        "        [places == {scratch}, os.getpgid(0) == os.getpid(), calm,\n"
        "         ours == min(its + 200, 1000)]))\n"
        "    return real(request, recogniser)\n"
        "child._answer = answer\n"
        "read(line, recogniser)"
    )
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))

    with pytest.raises(DocumentBroken):
        await Reader(nursery).read(tmp_path / "missing")

    assert json.loads(seen.read_text()) == [True] * 4


@pytest.mark.parametrize("ending", ["raise RuntimeError", "sys.exit(3)", "os.kill(os.getpid(), 9)"])
async def test_a_child_that_fails_takes_the_nursery_not_along(
    ending: str,
    nursery: Nursery,
    invoice: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    flag = tmp_path / "fails"
    program = f"if os.path.exists({str(flag)!r}): {ending}\nread(line, recogniser)"
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))
    reader = Reader(nursery)
    await reader.read(invoice)
    (first,) = nurseries()
    flag.touch()

    with pytest.raises(ReadingCrashed):
        await reader.read(invoice)

    flag.unlink()
    assert (await reader.read(invoice)).amount is not None
    assert nurseries() == {first}


async def test_after_a_crash_the_next_child_has_its_memory_elsewhere(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = "os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))
    reader = Reader(nursery)
    with pytest.raises(ReadingCrashed):
        await reader.read(tmp_path / "any")
    await until(lambda: not nurseries())

    with pytest.raises(ReadingCrashed):
        await reader.read(tmp_path / "any")


async def test_processor_time_that_is_used_up_is_told_from_a_crash(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of("os.kill(os.getpid(), signal.SIGXCPU)"))

    with pytest.raises(ReadingTimedOut, match="processor"):
        await Reader(nursery).read(tmp_path / "any")


async def test_a_child_that_does_nothing_keeps_no_other_waiting(
    nursery: Nursery, invoice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag, stopped = tmp_path / "stops", tmp_path / "stopped"
    program = (
        f"if os.path.exists({str(flag)!r}):\n"
        f"    open({str(stopped)!r}, 'w').close(); os.kill(os.getpid(), signal.SIGSTOP)\n"
        "read(line, recogniser)"
    )
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))
    reader = Reader(nursery)
    flag.touch()
    waiting = asyncio.create_task(reader.read(invoice))
    await until(stopped.exists)
    flag.unlink()

    readings = await asyncio.gather(*(reader.read(invoice) for _ in range(4)))

    assert all(reading.amount is not None for reading in readings)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert family() == nurseries()


async def test_a_nursery_that_was_killed_is_started_anew(nursery: Nursery, invoice: Path) -> None:
    reader = Reader(nursery)
    await reader.read(invoice)
    (first,) = nurseries()

    os.kill(first, signal.SIGKILL)

    readings = await asyncio.gather(*(reader.read(invoice) for _ in range(3)))
    assert all(reading.amount is not None for reading in readings)
    assert len(nurseries()) == 1
    assert first not in nurseries()


@pytest.mark.parametrize("lives", [True, False], ids=["the child lives", "the child is gone"])
async def test_a_document_outlives_the_nursery_if_its_child_does(
    lives: bool,
    nursery: Nursery,
    invoice: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go, born = tmp_path / "go", tmp_path / "born"
    program = (
        f"part = {str(born)!r} + '.part'\n"
        "open(part, 'w').write(str(os.getpid()))\n"
        f"os.rename(part, {str(born)!r})\n"
        f"while not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
        "read(line, recogniser)"
    )
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))
    reader = Reader(nursery)
    reading = asyncio.create_task(reader.read(invoice))
    await until(born.exists)
    (first,) = nurseries()

    os.kill(first, signal.SIGKILL)
    await until(lambda: not is_running(first))
    if lives:
        go.touch()
        assert (await reading).amount is not None
    else:
        os.kill(int(born.read_text()), signal.SIGKILL)
        with pytest.raises(ReadingCrashed):
            await reading

    go.touch()
    assert (await reader.read(invoice)).amount is not None
    await until(lambda: family() == nurseries())


FAULTS = {
    "no process is given": "def fork(): raise BlockingIOError(11, 'no more')\nos.fork = fork",
    "it cannot start": "sys.exit(1)",
    "an import started a thread": (
        "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    ),
}


@pytest.mark.parametrize("first", FAULTS.values(), ids=FAULTS)
async def test_where_there_is_no_child_it_is_no_fault_of_the_file(
    first: str, nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of("pass", first=first))

    with pytest.raises(ReaderUnavailable):
        await Reader(nursery).read(tmp_path / "any")


async def test_an_ended_child_keeps_its_id_until_its_worker_is_done_with_it(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = tmp_path / "born"
    program = f"open({str(born)!r}, 'w').write(str(os.getpid()))"
    monkeypatch.setattr(nursing, "_PROGRAM", nursery_of(program))

    async with nursery.child(None) as child:
        assert await child.exit_code() == 0
        pid = int(born.read_text())
        assert _state(pid) == "Z"

    await until(lambda: not Path("/proc", str(pid)).exists())
