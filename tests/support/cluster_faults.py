"""What goes wrong in a cluster, done on purpose: containers killed, pods replaced."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass
from typing import Any, Final

from acuse.errors import Unavailable
from acuse_lab.regions.processes import tool
from support.installed import Installed

_ROLLED_OUT: Final = 300


@dataclass(frozen=True, slots=True)
class Container:
    """One container that runs, as containerd knows it: no API server is needed to hurt it."""

    installed: Installed
    pod: str
    id: str

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        region = self.installed.region.region
        assert region is not None
        done = subprocess.run(
            [
                *(tool("ctr"), f"--address={region.socket}", "--namespace=k8s.io"),
                *("tasks", "kill", "--signal", "SIGKILL", self.id),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"ctr tasks kill: {done.stderr.strip()}")


def pods(installed: Installed, namespace: str, labels: str) -> list[dict[str, Any]]:
    """Return the pods with these labels that have not ended."""
    found = installed.here.object("pods", "--namespace", namespace, f"--selector={labels}")
    alive = ("Pending", "Running")
    return [pod for pod in (found or {"items": []})["items"] if pod["status"]["phase"] in alive]


def container(installed: Installed, namespace: str, labels: str) -> Container:
    """Return the running container of the one pod with these labels."""
    (pod,) = pods(installed, namespace, labels)
    (state,) = pod["status"]["containerStatuses"]
    return Container(
        installed, pod["metadata"]["name"], state["containerID"].removeprefix("containerd://")
    )


def logs(installed: Installed, namespace: str, labels: str) -> str:
    """Return what the containers of the pods with these labels have said."""
    selected = ("--namespace", namespace, f"--selector={labels}", "--tail=-1")
    return installed.kubectl("logs", *selected)


async def until_restarted(installed: Installed, killed: Container, *, namespace: str) -> None:
    """Return once another container runs in the killed one's pod, and is ready."""

    def runs() -> bool:
        pod = installed.here.object("pod", killed.pod, "--namespace", namespace) or {}
        (state,) = pod["status"]["containerStatuses"]
        return bool(state["ready"]) and killed.id not in state["containerID"]

    await installed.until(runs, what=f"{killed.pod} runs again")


async def replace_pods(installed: Installed, namespace: str, deployment: str, labels: str) -> None:
    """Replace a Deployment's pods by a rolling update; return once the old ones are gone."""
    old = {pod["metadata"]["uid"] for pod in pods(installed, namespace, labels)}
    await roll_out(installed, namespace, deployment)

    def are_gone() -> bool:
        return not old & {pod["metadata"]["uid"] for pod in pods(installed, namespace, labels)}

    await installed.until(are_gone, what=f"the old pods of {deployment} gone")


async def roll_out(installed: Installed, namespace: str, deployment: str) -> None:
    """Start a rolling update and return once the new pods are available."""
    name = ("--namespace", namespace, f"deployment/{deployment}")
    await asyncio.to_thread(installed.kubectl, "rollout", "restart", *name)
    deadline = f"--timeout={_ROLLED_OUT}s"
    await asyncio.to_thread(installed.kubectl, "rollout", "status", *name, deadline)
