"""With KEDA's kinds in the cluster, workers scale by it, down to none."""

from __future__ import annotations

from pathlib import Path

from acuse_cluster.kinds import HPAS, SCALEDOBJECTS, TRIGGERAUTHENTICATIONS
from acuse_lab.regions.control_plane import ControlPlane
from support.eventually import until
from support.region_world import region_world

CRDS = Path(__file__).parents[3] / "fixtures" / "keda" / "crds.yaml"


async def test_an_installed_keda_takes_over_from_the_hpa(own_control_plane: ControlPlane) -> None:
    plane = own_control_plane
    plane.kubectl("apply", "--server-side", "-f", str(CRDS))
    plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", str(CRDS))
    async with region_world(plane) as world, world.running() as role:
        await world.hand_over(workers={"min": 0, "max": 5})

        async def scaled() -> bool:
            found = await world.there((SCALEDOBJECTS, TRIGGERAUTHENTICATIONS))
            return found == {"ScaledObject", "TriggerAuthentication"}

        await until(scaled)
        assert not await world.has(HPAS)
        await world.until_settled(role)

        # KEDA's own HPA copies our labels; it is not ours to take away.
        world.plane.kubectl(
            *("create", "-n", world.tenants, "-f", "-"),
            stdin=KEDAS_OWN,
        )
        await world.hand_over(workers={"mode": "Shared"}, generation=2, hash="1123456789abcdef")

        async def gone() -> bool:
            return await world.there((SCALEDOBJECTS, TRIGGERAUTHENTICATIONS)) == set()

        await until(gone)
        assert "keda-hpa" in world.plane.kubectl("get", "hpa", "-n", world.tenants)


KEDAS_OWN = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: keda-hpa-x
  labels: {app.kubernetes.io/managed-by: acuse}
spec:
  maxReplicas: 2
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: x}
"""
