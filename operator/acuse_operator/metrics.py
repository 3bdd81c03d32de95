"""What the operator counts.

Under controller-runtime's names what it has, so that dashboards made for Go operators show it;
under `acuse_` what only Acuse has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, Metric
from prometheus_client.registry import Collector

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STATUSES: Final = ("True", "False", "Unknown")
# What is shown of each Tenant, by its namespace and name: type, status and reason.
_SHOWN: Final[dict[tuple[str, str], tuple[tuple[str, str, str], ...]]] = {}

RECONCILES: Final = Counter(
    "controller_runtime_reconcile_total", "Reconciles by result.", ["controller", "result"]
)
RECONCILE_ERRORS: Final = Counter(
    "controller_runtime_reconcile_errors_total", "Reconciles that failed.", ["controller"]
)
RECONCILE_SECONDS: Final = Histogram(
    "controller_runtime_reconcile_time_seconds",
    "Seconds that a reconcile took.",
    ["controller"],
    buckets=_SECONDS,
)
ACTIVE_WORKERS: Final = Gauge(
    "controller_runtime_active_workers", "Reconciles that run now.", ["controller"]
)
QUEUE_DEPTH: Final = Gauge("workqueue_depth", "Keys that wait to be reconciled.", ["name"])
QUEUE_ADDS: Final = Counter("workqueue_adds_total", "Keys added to the queue.", ["name"])
QUEUE_RETRIES: Final = Counter("workqueue_retries_total", "Keys waiting after a failure.", ["name"])
QUEUE_WAIT: Final = Histogram(
    "workqueue_queue_duration_seconds", "Seconds that a key waited.", ["name"], buckets=_SECONDS
)
WORK_SECONDS: Final = Histogram(
    "workqueue_work_duration_seconds",
    "Seconds that work on a key took.",
    ["name"],
    buckets=_SECONDS,
)

TENANT_CONDITION: Final = Gauge(
    "acuse_tenant_condition",
    "1 for the status that a Tenant's condition has now, 0 for the others.",
    ["namespace", "tenant", "type", "status"],
    registry=None,
)
TENANT_SUSPENDED: Final = Gauge(
    "acuse_tenant_suspended",
    "1 for a Tenant that is not Ready because it is suspended.",
    ["namespace", "tenant"],
    registry=None,
)
REGION_CONDITION: Final = Gauge(
    "acuse_region_condition",
    "1 for the status that a Region's condition has now, 0 for the others.",
    ["region", "type", "status"],
)
DRIFT: Final = Counter(
    "acuse_operator_drift_total",
    "Fields of our objects that somebody else changed and that were set back.",
    ["kind"],
)
LEADER: Final = Gauge(
    "acuse_operator_leader", "1 for the operator that works, 0 for one that stands by."
)
REGION_UP: Final = Gauge(
    "acuse_operator_region_up", "1 while the region's API can be written to.", ["region"]
)
WATCH_AGE: Final = Gauge(
    "acuse_operator_watch_age_seconds", "Seconds since anything came on a watch.", ["watch"]
)
EVENTS: Final = Counter(
    "acuse_operator_events_total",
    "Kubernetes Events by what became of them: posted, repeated, dropped or refused.",
    ["outcome"],
)
ORPHANS: Final = Gauge(
    "acuse_operator_orphan_placements", "TenantPlacements whose Tenant is not there."
)
DELETIONS_HELD: Final = Gauge(
    "acuse_operator_deletions_held",
    "TenantPlacements that were asked to go with too many others, and wait for somebody's word.",
)
GRAPH_BUDGET_WAITS: Final = Counter(
    "acuse_operator_graph_budget_waits_total",
    "Calls of Meta's management API put off because the account's hourly budget was used up.",
)
OVERRIDES: Final = Counter(
    "acuse_operator_webhook_overrides_total",
    "Webhook overrides at Meta by what was done: set, reset after a drift, removed, given up.",
    ["action"],
)


def prepare_queue(name: str) -> None:
    """Show a queue's counters from the start, so that a rate over them has a beginning."""
    for result in ("success", "requeue_after", "error"):
        RECONCILES.labels(name, result)
    for counter in (RECONCILE_ERRORS, QUEUE_ADDS, QUEUE_RETRIES):
        counter.labels(name)
    for gauge in (QUEUE_DEPTH, ACTIVE_WORKERS):
        gauge.labels(name)


def show_conditions(namespace: str, tenant: str, conditions: Iterable[Mapping[str, Any]]) -> None:
    """Show what a Tenant's conditions say now."""
    shown = tuple((c["type"], c["status"], c.get("reason", "")) for c in conditions)
    _SHOWN[namespace, tenant] = shown


def forget_tenant(namespace: str, tenant: str) -> None:
    """Show nothing more of a Tenant that is gone."""
    _SHOWN.pop((namespace, tenant), None)


class _OfTenants(Collector):
    """Tells the two metrics of Tenants out of what is shown of each.

    There are 25 series of each Tenant: as objects of their own they take 20 KiB.
    """

    def __init__(self, condition: Gauge, suspended: Gauge) -> None:
        self.declared = (condition, suspended)

    def describe(self) -> Iterable[Metric]:
        """Return both without a series."""
        return [metric for each in self.declared for metric in each.describe()]

    def collect(self) -> Iterable[Metric]:
        """Return both with the series of every Tenant."""
        condition, suspended = self.describe()
        # Asked for in a thread of its own, while the operator goes on.
        for (namespace, tenant), shown in tuple(_SHOWN.items()):
            one = {"namespace": namespace, "tenant": tenant}
            for type_, said, _ in shown:
                for status in _STATUSES:
                    series = {**one, "type": type_, "status": status}
                    condition.add_sample(condition.name, series, float(said == status))
            rests = any((type_, why) == ("Ready", "Suspended") for type_, _, why in shown)
            suspended.add_sample(suspended.name, one, float(rests))
        return condition, suspended


REGISTRY.register(_OfTenants(TENANT_CONDITION, TENANT_SUSPENDED))


def show_region(region: str, conditions: Iterable[Mapping[str, Any]]) -> None:
    """Show what a Region's conditions say now."""
    for condition in conditions:
        for status in _STATUSES:
            gauge = REGION_CONDITION.labels(region, condition["type"], status)
            gauge.set(1 if condition["status"] == status else 0)


def show_age(watch: str, age: Callable[[], float]) -> None:
    """Show a watch's age, asked for whenever the metrics are."""
    WATCH_AGE.labels(watch).set_function(age)
