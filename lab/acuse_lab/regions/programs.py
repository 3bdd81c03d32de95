"""The programs of one cluster: started, remembered in its folder, found again, ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from acuse.errors import Unavailable
from acuse_lab.regions.holder import holder_of
from acuse_lab.regions.place import Place
from acuse_lab.regions.processes import Command, Process, last_words, start


@dataclass(frozen=True, slots=True)
class Programs:
    """Starts and finds one cluster's programs by name; another command finds the same ones."""

    place: Place

    def start(self, name: str, program: Path, arguments: Sequence[str]) -> Process:
        """Start a program unless it runs already."""
        running = self.find(name)
        if running is not None and running.alive():
            return running
        process = start(
            Command(
                name,
                [str(program), *arguments],
                log=self.log(name),
                environment={
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "HOME": str(self.place.folder),
                },
                beside=self._holder(),
                tied=self.place.tied,
            )
        )
        file = self._file(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(process)))
        partial.rename(file)
        return process

    def find(self, name: str) -> Process | None:
        """Return a program that was started, whether it still runs or not."""
        try:
            kept = json.loads(self._file(name).read_text())
        except FileNotFoundError:
            return None
        return Process(kept["pid"], kept["began"], waiter=kept["waiter"])

    def alive(self, name: str) -> bool:
        """Tell whether a program runs."""
        process = self.find(name)
        return process is not None and process.alive()

    def stop(self, name: str) -> None:
        """End a program in order, if it runs."""
        process = self.find(name)
        if process is not None:
            process.stop()

    def names(self) -> list[str]:
        """Return every program that was ever started here."""
        return sorted(file.stem for file in (self.place.folder / "run").glob("*.json"))

    def log(self, name: str) -> Path:
        """Return where what a program says is kept."""
        return self.place.logs / f"{name}.log"

    def last_words(self, name: str) -> str:
        """Return the last lines that a program said."""
        return last_words(self.log(name))

    def _holder(self) -> Process | None:
        if self.place.holder is None:
            return None
        holder = holder_of(self.place.holder)
        if holder is None:
            raise Unavailable(f"{self.place.name} is not up: its holder does not run")
        return holder

    def _file(self, name: str) -> Path:
        return self.place.folder / "run" / f"{name}.json"
