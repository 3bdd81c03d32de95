"""What the chart's Grafana dashboard shows: rows of panels with their queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What grows forever is shown as a rate over the panel's own step.
_RATE = "$__rate_interval"


@dataclass(frozen=True, slots=True)
class Query:
    """One line of a panel: its expression, and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: what it shows, in which unit, and how wide (of 24)."""

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: str = "short"
    width: int = 8
    kind: Literal["timeseries", "stat", "table"] = "timeseries"
    # From this value on the panel turns red.
    bad_from: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Panels that belong together."""

    title: str
    panels: tuple[Panel, ...]


def _rate(metric: str, *, by: str = "", where: str = "") -> str:
    grouped = f"sum by ({by}) " if by else "sum"
    selector = f"{{{where}}}" if where else ""
    return f"{grouped}(rate({metric}{selector}[{_RATE}]))"


def _quantile(q: float, metric: str, *, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket[{_RATE}])))"


def _quantiles(metric: str) -> tuple[Query, ...]:
    return tuple(Query(_quantile(q, metric), f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99))


_READY = 'max by (namespace, tenant) (acuse_tenant_condition{type="Ready",status="True"})'

ROWS = (
    Row(
        "At a glance",
        (
            Panel(
                "Tenants ready",
                "Tenants whose Ready condition is True.",
                (Query(f"sum({_READY})"),),
                width=4,
                kind="stat",
            ),
            Panel(
                "Tenants not ready",
                "Those that are suspended on purpose are not counted.",
                (
                    Query(
                        f"count(({_READY} == 0) unless on (namespace, tenant)"
                        " (max by (namespace, tenant) (acuse_tenant_suspended) == 1)) or vector(0)"
                    ),
                ),
                width=4,
                kind="stat",
                bad_from=1,
            ),
            Panel(
                "Webhooks refused",
                "Share of requests answered 5xx; Meta delivers them again.",
                (
                    Query(
                        "sum(rate(acuse_intake_requests_total"
                        f'{{status=~"5.."}}[{_RATE}])) / {_rate("acuse_intake_requests_total")}'
                    ),
                ),
                unit="percentunit",
                width=4,
                kind="stat",
                bad_from=0.01,
            ),
            Panel(
                "Oldest event waiting",
                "Age of the oldest event that no worker has taken.",
                (Query('max(acuse_worker_oldest_seconds{status="received"})'),),
                unit="s",
                width=4,
                kind="stat",
                bad_from=600,
            ),
            Panel(
                "Dead letters, last day",
                "Events that could not be worked on and wait for somebody.",
                (
                    Query(
                        'sum(increase(acuse_worker_events_total{outcome="dead"}[1d])) or vector(0)'
                    ),
                ),
                width=4,
                kind="stat",
                bad_from=1,
            ),
            Panel(
                "Numbers that do not send",
                "Numbers that nothing is sent from until a person acts.",
                (Query("max(acuse_sending_paused_numbers)"),),
                width=4,
                kind="stat",
                bad_from=1,
            ),
        ),
    ),
    Row(
        "Tenants and regions",
        (
            Panel(
                "Conditions that are not as wanted",
                "Tenants by the conditions that stand in the way.",
                (
                    Query(
                        "max by (namespace, tenant, type) (acuse_tenant_condition{"
                        'type=~"Ready|RegionsSynced|ResidencyEnforced|WebhookRegistered'
                        '|CredentialsValid",status="True"}) == 0'
                    ),
                ),
                width=12,
                kind="table",
            ),
            Panel(
                "Regions",
                "1 while the condition is True, by region.",
                (
                    Query(
                        'max by (region, type) (acuse_region_condition{status="True"})',
                        "{{region}} {{type}}",
                    ),
                    Query("min by (region) (acuse_operator_region_up)", "{{region}} writable"),
                ),
                width=6,
            ),
            Panel(
                "Tenants served, by pod",
                "What each intake and worker knows; they agree within seconds.",
                (
                    Query("acuse_tenants", "{{pod}}"),
                    Query("acuse_tenant_manifest_errors > 0", "{{pod}} refused"),
                ),
                width=6,
            ),
        ),
    ),
    Row(
        "Operator",
        (
            Panel(
                "Operators",
                "One works; the others stand by and take over from it.",
                (
                    Query("sum(acuse_operator_leader)", "working"),
                    Query("count(acuse_operator_leader)", "running"),
                ),
            ),
            Panel(
                "Reconciles",
                "By controller and result.",
                (
                    Query(
                        _rate("controller_runtime_reconcile_total", by="controller, result"),
                        "{{controller}} {{result}}",
                    ),
                ),
                unit="ops",
            ),
            Panel(
                "Time of a reconcile",
                "99 of 100 take less.",
                (
                    Query(
                        _quantile(
                            0.99, "controller_runtime_reconcile_time_seconds", by="controller"
                        ),
                        "{{controller}}",
                    ),
                ),
                unit="s",
            ),
            Panel(
                "Queue",
                "Keys that wait, and how long 99 of 100 wait at most.",
                (
                    Query("max by (name) (workqueue_depth)", "{{name}} waiting"),
                    Query(
                        _quantile(0.99, "workqueue_queue_duration_seconds", by="name"),
                        "{{name}} seconds",
                    ),
                ),
            ),
            Panel(
                "Drift healed",
                "Fields of our objects that somebody else had changed, by kind.",
                (Query(_rate("acuse_operator_drift_total", by="kind"), "{{kind}}"),),
                unit="ops",
            ),
            Panel(
                "Age of the watches",
                "Seconds since anything came; bookmarks come about every minute.",
                (Query("max by (watch) (acuse_operator_watch_age_seconds)", "{{watch}}"),),
                unit="s",
            ),
            Panel(
                "Webhook overrides at Meta",
                "What was done with them, and calls put off for want of budget.",
                (
                    Query(
                        _rate("acuse_operator_webhook_overrides_total", by="action"), "{{action}}"
                    ),
                    Query(_rate("acuse_operator_graph_budget_waits_total"), "put off"),
                ),
                unit="ops",
            ),
        ),
    ),
    Row(
        "Intake",
        (
            Panel(
                "Webhooks",
                "Requests by HTTP status and code.",
                (
                    Query(
                        _rate("acuse_intake_requests_total", by="status, code"),
                        "{{status}} {{code}}",
                    ),
                ),
                unit="reqps",
            ),
            Panel(
                "Time to answer",
                "Meta asks for a median of 250 ms and under 1 % beyond a second.",
                _quantiles("acuse_intake_request_seconds"),
                unit="s",
            ),
            Panel(
                "Updates",
                "What was in them, by kind and outcome.",
                (
                    Query(
                        _rate("acuse_intake_updates_total", by="kind, outcome"),
                        "{{kind}} {{outcome}}",
                    ),
                ),
                unit="ops",
            ),
            Panel(
                "Time of a commit",
                "One insert of all that waited together, and its commit.",
                _quantiles("acuse_intake_flush_seconds"),
                unit="s",
            ),
            Panel(
                "Waiting for a commit",
                "Events in memory, and commits that failed.",
                (
                    Query("sum(acuse_intake_pending)", "waiting"),
                    Query(_rate("acuse_intake_flush_failures_total"), "failed per second"),
                ),
            ),
            Panel(
                "Directory",
                "Seconds since the API server last said anything of the tenants.",
                (
                    Query("acuse_directory_age_seconds", "{{pod}}"),
                    Query("acuse_directory_synced == 0", "{{pod}} from its last copy"),
                ),
                unit="s",
            ),
        ),
    ),
    Row(
        "Workers",
        (
            Panel(
                "Events worked on",
                "By how the work on them ended.",
                (Query(_rate("acuse_worker_events_total", by="outcome"), "{{outcome}}"),),
                unit="ops",
            ),
            Panel(
                "Backlog",
                "Open events of the region, by status, and those that workers hold.",
                (
                    Query("max by (status) (acuse_worker_backlog)", "{{status}}"),
                    Query("sum(acuse_worker_in_progress)", "held"),
                ),
            ),
            Panel(
                "Age of the oldest event",
                "By status.",
                (Query("max by (status) (acuse_worker_oldest_seconds)", "{{status}}"),),
                unit="s",
            ),
            Panel(
                "Time of a step",
                "95 of 100 take less.",
                (Query(_quantile(0.95, "acuse_worker_step_seconds", by="step"), "{{step}}"),),
                unit="s",
            ),
            Panel(
                "Time of a reading's stage",
                "95 of 100 take less.",
                (
                    Query(
                        _quantile(0.95, "acuse_worker_reading_stage_seconds", by="stage"),
                        "{{stage}}",
                    ),
                ),
                unit="s",
            ),
            Panel(
                "What readings are sure enough for",
                "Taken as they are, left to a person, or asked for again.",
                (
                    Query(
                        _rate("acuse_worker_reading_decisions_total", by="decision"), "{{decision}}"
                    ),
                ),
                unit="ops",
            ),
            Panel(
                "Tried again",
                "Tries that failed and will be made again, by reason.",
                (Query(_rate("acuse_worker_retries_total", by="reason"), "{{reason}}"),),
                unit="ops",
            ),
            Panel(
                "Leases",
                "Events taken over because their worker died or was too slow.",
                (
                    Query(_rate("acuse_worker_leases_expired_total"), "ran out"),
                    Query(_rate("acuse_worker_leases_lost_total"), "taken over"),
                ),
                unit="ops",
            ),
            Panel(
                "Backlog by tenant",
                "The ten tenants with the most open events.",
                (
                    Query(
                        "topk(10, max by (namespace, tenant) (acuse_tenant_backlog))",
                        "{{namespace}}/{{tenant}}",
                    ),
                ),
            ),
        ),
    ),
    Row(
        "Meta",
        (
            Panel(
                "Graph API",
                "Calls by what they are and how they ended.",
                (
                    Query(
                        _rate("acuse_graph_calls_total", by="call, outcome"),
                        "{{call}} {{outcome}}",
                    ),
                    Query(_rate("acuse_graph_errors_total", by="code_class"), "{{code_class}}"),
                ),
                unit="ops",
            ),
            Panel(
                "Time of a call",
                "95 of 100 take less.",
                (Query(_quantile(0.95, "acuse_graph_seconds", by="call"), "{{call}}"),),
                unit="s",
            ),
            Panel(
                "Replies",
                "How tries to send them ended.",
                (Query(_rate("acuse_outbox_results_total", by="result"), "{{result}}"),),
                unit="ops",
            ),
            Panel(
                "Media",
                "Files fetched, by outcome.",
                (Query(_rate("acuse_media_fetches_total", by="outcome"), "{{outcome}}"),),
                unit="ops",
            ),
            Panel(
                "Media, bytes",
                "What was taken from Meta.",
                (Query(_rate("acuse_media_bytes_total")),),
                unit="Bps",
            ),
            Panel(
                "API",
                "Requests of people and systems, by status.",
                (Query(_rate("acuse_api_requests_total", by="status"), "{{status}}"),),
                unit="reqps",
            ),
        ),
    ),
)
