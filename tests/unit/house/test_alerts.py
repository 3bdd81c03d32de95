"""Alerts and dashboard speak of metrics that exist, each alert has a runbook, and each fires."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from acuse.settings import cache_dir
from support.dashboard import FILE, dashboard, text
from support.dashboard_panels import ROWS
from support.metric_names import ROOT, declared, grouped_in, selected_in, used_in

CHART = ROOT / "charts" / "acuse"
ALERTS = CHART / "files" / "alerts.yaml"
RUNBOOK = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
METRICS = declared()
# Where `scripts/setup promtool` puts it.
TOOLS = cache_dir() / "prometheus" / "usr" / "bin"
# What Prometheus and the chart's PodMonitors add to every series.
TARGET_LABELS = {"job", "instance", "namespace", "pod", "container", "endpoint", "le"}


def rules() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


RULES = rules()
PANELS = [panel for row in ROWS for panel in row.panels]
EXPRESSIONS = {
    **{f"alert {name}": rule["expr"] for name, rule in RULES.items()},
    **{
        f"panel {panel.title} {number}": query.expr.replace("$__rate_interval", "5m")
        for panel in PANELS
        for number, query in enumerate(panel.queries)
    },
}


@dataclass(frozen=True, slots=True)
class Case:
    """A story told in series of one sample a minute, and whether the alert fires at its end."""

    alert: str
    series: dict[str, str]
    at: str = "40m"
    labels: tuple[dict[str, str], ...] = ()


def condition(kind: str, status: str, values: str, *, tenant: str = "acme") -> tuple[str, str]:
    labels = f'namespace="shops",tenant="{tenant}",type="{kind}",status="{status}"'
    return f"acuse_tenant_condition{{{labels}}}", values


def tenant(kind: str, *, is_true: str, is_false: str = "0x90", **more: str) -> dict[str, str]:
    return {
        **dict([condition(kind, "True", is_true), condition(kind, "False", is_false)]),
        **more,
    }


ACME = {"namespace": "shops", "tenant": "acme"}
SOME_ERRORS = {
    'controller_runtime_reconcile_total{controller="tenants",result="success"}': "0+60x90",
    'controller_runtime_reconcile_errors_total{controller="tenants"}': "0+12x90",
}
WATCH = 'acuse_operator_watch_age_seconds{watch="tenants"}'
LEADER = 'acuse_operator_leader{pod="%s"}'
DEPTH = 'workqueue_depth{name="tenants"}'
RECONCILED = 'controller_runtime_reconcile_total{controller="tenants",result="success"}'
REQUESTS = 'acuse_intake_requests_total{route="tenant",status="200",code=""}'
REFUSED = 'acuse_intake_requests_total{route="tenant",status="503",code="intake_overloaded"}'
DEAD = 'acuse_worker_events_total{kind="message.image",outcome="dead"}'
UNKNOWN = 'acuse_outbox_results_total{result="unknown"}'
INTAKE_UP = 'up{namespace="acuse-system",app_kubernetes_io_component="intake",pod="%s"}'
BUCKET = 'acuse_intake_request_seconds_bucket{le="%s"}'


def latency(*, within_quarter: int, within_second: int) -> dict[str, str]:
    """Return 1,000 requests a minute, so many of them within 250 ms and within 1 s."""
    counts = {"0.25": within_quarter, "1.0": within_second, "5.0": 1000, "+Inf": 1000}
    return {BUCKET % le: f"0+{count}x90" for le, count in counts.items()}


FIRING = [
    Case("AcuseOperatorDown", {"up": "1x90"}, labels=({},)),
    Case("AcuseOperatorNoLeader", {LEADER % "a": "0x90", LEADER % "b": "0x90"}, labels=({},)),
    Case("AcuseWatchStale", {WATCH: "0+60x90"}, labels=({"watch": "tenants"},)),
    Case("AcuseReconcileErrors", SOME_ERRORS, labels=({"controller": "tenants"},)),
    Case(
        "AcuseQueueStuck",
        {DEPTH: "5x90", RECONCILED: "40x90"},
        labels=({"controller": "tenants", "name": "tenants"},),
    ),
    Case(
        "AcuseDriftContested",
        {'acuse_operator_drift_total{kind="Deployment"}': "0+2x90"},
        labels=({"kind": "Deployment"},),
    ),
    Case("AcuseOrphanPlacements", {"acuse_operator_orphan_placements": "1x90"}, labels=({},)),
    Case("AcuseDeletionsHeld", {"acuse_operator_deletions_held": "8x90"}, labels=({},)),
    Case("AcuseTenantNotReady", tenant("Ready", is_true="0x90"), labels=(ACME,)),
    Case(
        "AcuseCredentialsInvalid",
        tenant("CredentialsValid", is_true="0x90", is_false="1x90"),
        labels=(ACME,),
    ),
    Case("AcuseWebhookNotRegistered", tenant("WebhookRegistered", is_true="0x90"), labels=(ACME,)),
    Case(
        "AcuseManagementBudgetUsed",
        {"acuse_operator_graph_budget_waits_total": "0+1x90"},
        at="60m",
        labels=({},),
    ),
    Case(
        "AcuseRegionUnreachable",
        {'acuse_operator_region_up{region="us-east"}': "0x90"},
        labels=({"region": "us-east"},),
    ),
    Case(
        "AcuseRegionNotReady",
        {'acuse_region_condition{region="us-east",type="Ready",status="True"}': "0x90"},
        labels=({"region": "us-east"},),
    ),
    Case(
        "AcuseDatabaseNotReady",
        {'acuse_region_condition{region="us-east",type="DatabaseReady",status="True"}': "0x90"},
        labels=({"region": "us-east"},),
    ),
    Case(
        "AcuseIntakeDown",
        {INTAKE_UP % "a": "0x90", INTAKE_UP % "b": "0x90"},
        labels=({"namespace": "acuse-system"},),
    ),
    Case("AcuseIntakeErrors", {REQUESTS: "0+98x90", REFUSED: "0+2x90"}, labels=({},)),
    Case("AcuseIntakeSlow", latency(within_quarter=900, within_second=980), labels=({},)),
    Case("AcuseIntakeSlow", latency(within_quarter=400, within_second=999), labels=({},)),
    Case(
        "AcuseDirectoryStale",
        {'acuse_directory_synced{pod="intake-1"}': "0x90"},
        labels=({"pod": "intake-1"},),
    ),
    Case(
        "AcuseManifestsRefused",
        {'acuse_tenant_manifest_errors{pod="intake-1"}': "2x90"},
        labels=({"pod": "intake-1"},),
    ),
    Case(
        "AcuseBacklogOld",
        {'acuse_worker_oldest_seconds{status="received"}': "0+60x90"},
        labels=({"status": "received"},),
    ),
    Case(
        "AcuseWorkersStalled", {"acuse_worker_last_claim_timestamp_seconds": "0x90"}, labels=({},)
    ),
    Case("AcuseDeadLetters", {DEAD: "_x20 1x70"}, labels=({"kind": "message.image"},)),
    Case("AcuseDeadLetters", {DEAD: "3x70 4x20"}, at="80m", labels=({"kind": "message.image"},)),
    Case("AcuseRepliesUnknown", {UNKNOWN: "_x20 5x70"}, labels=({},)),
    Case("AcuseSendingPaused", {"acuse_sending_paused_numbers": "1x90"}, labels=({},)),
    Case(
        "AcuseGraphFails",
        {
            'acuse_graph_calls_total{call="send",outcome="ok"}': "0+6x90",
            'acuse_graph_calls_total{call="send",outcome="ambiguous"}': "0+4x90",
        },
        labels=({"call": "send"},),
    ),
]
QUIET = [
    Case("AcuseOperatorDown", {LEADER % "a": "0x90"}),
    Case("AcuseOperatorNoLeader", {LEADER % "a": "0x90", LEADER % "b": "1x90"}),
    Case("AcuseWatchStale", {WATCH: "60x90"}),
    Case("AcuseReconcileErrors", {**SOME_ERRORS, RECONCILED: "0+600x90"}),
    Case("AcuseQueueStuck", {DEPTH: "5x90", RECONCILED: "0+1x90"}),
    Case("AcuseQueueStuck", {DEPTH: "0x90", RECONCILED: "40x90"}),
    Case("AcuseDriftContested", {'acuse_operator_drift_total{kind="Deployment"}': "0x20 3x70"}),
    Case("AcuseOrphanPlacements", {"acuse_operator_orphan_placements": "0x90"}),
    Case("AcuseDeletionsHeld", {"acuse_operator_deletions_held": "0x90"}),
    Case("AcuseTenantNotReady", tenant("Ready", is_true="1x90")),
    Case("AcuseTenantNotReady", tenant("Ready", is_true="1x30 0x60")),
    Case(
        "AcuseTenantNotReady",
        {
            **tenant("Ready", is_true="0x90"),
            'acuse_tenant_suspended{namespace="shops",tenant="acme"}': "1x90",
        },
    ),
    Case("AcuseCredentialsInvalid", tenant("CredentialsValid", is_true="1x90")),
    Case(
        "AcuseWebhookNotRegistered",
        {
            **tenant("WebhookRegistered", is_true="0x90"),
            **tenant("CredentialsValid", is_true="0x90", is_false="1x90"),
        },
    ),
    Case("AcuseManagementBudgetUsed", {"acuse_operator_graph_budget_waits_total": "7x90"}),
    Case("AcuseRegionUnreachable", {'acuse_operator_region_up{region="us-east"}': "1x90"}),
    Case(
        "AcuseRegionNotReady",
        {'acuse_region_condition{region="us-east",type="Ready",status="True"}': "1x90"},
    ),
    Case(
        "AcuseDatabaseNotReady",
        {'acuse_region_condition{region="us-east",type="Ready",status="True"}': "0x90"},
    ),
    Case("AcuseIntakeDown", {INTAKE_UP % "a": "0x90", INTAKE_UP % "b": "1x90"}),
    Case("AcuseIntakeErrors", {REQUESTS: "0+1000x90", REFUSED: "0+2x90"}),
    Case("AcuseIntakeSlow", latency(within_quarter=900, within_second=995)),
    Case("AcuseDirectoryStale", {'acuse_directory_synced{pod="intake-1"}': "1x90"}),
    Case("AcuseManifestsRefused", {'acuse_tenant_manifest_errors{pod="intake-1"}': "0x90"}),
    Case("AcuseBacklogOld", {'acuse_worker_oldest_seconds{status="failed"}': "0+60x90"}),
    Case("AcuseWorkersStalled", {"acuse_worker_last_claim_timestamp_seconds": "0+60x90"}),
    Case("AcuseDeadLetters", {DEAD: "3x90"}, at="80m"),
    Case("AcuseRepliesUnknown", {UNKNOWN: "_x20 2x70"}),
    Case("AcuseSendingPaused", {"acuse_sending_paused_numbers": "0x90"}),
    Case(
        "AcuseGraphFails",
        {
            'acuse_graph_calls_total{call="send",outcome="ok"}': "0+9x90",
            'acuse_graph_calls_total{call="send",outcome="ambiguous"}': "0+1x90",
        },
    ),
]


def promtool(*arguments: str, folder: Path) -> str:
    """Run Prometheus's own tool; skip without it (Debian has it in `prometheus`)."""
    program = shutil.which("promtool", path=f"{os.environ['PATH']}:{TOOLS}")
    if program is None:
        pytest.skip("promtool is not here: `scripts/setup promtool`")
    done = subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_an_expression_names_metrics_and_labels_that_exist(where: str) -> None:
    expr = EXPRESSIONS[where]
    names = used_in(expr)

    assert names - METRICS.keys() == set()
    assert names or "up{" in expr
    for name, label in selected_in(expr):
        if name in METRICS:
            assert label in METRICS[name].labels, f"{name} has no label {label}"
    labels = TARGET_LABELS.union(*(METRICS[name].labels for name in names))
    assert grouped_in(expr) <= labels


def test_no_metric_has_a_label_that_prometheus_gives() -> None:
    taken = TARGET_LABELS - {"namespace"}

    assert [m for m in METRICS.values() if taken & set(m.labels)] == []


def test_a_tenants_namespace_is_not_replaced_by_its_programs_own() -> None:
    monitors = CHART / "templates" / "monitoring" / "podmonitors.yaml"

    assert "honorLabels: true" in monitors.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_how_bad_it_is_and_where_its_runbook_is(name: str) -> None:
    rule = RULES[name]

    assert re.fullmatch(r"Acuse[A-Za-z]+", name)
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/alerts.md#{name.lower()}"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    sections = re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE)

    assert sections == list(RULES)


def test_every_alert_is_seen_to_fire_and_to_be_quiet() -> None:
    assert {case.alert for case in FIRING} == set(RULES)
    assert {case.alert for case in QUIET} == set(RULES)


def test_prometheus_takes_the_rules_and_every_panels_expression(tmp_path: Path) -> None:
    promtool("check", "rules", str(ALERTS), folder=tmp_path)
    recorded = [
        {"record": f"panel:{number}", "expr": expr}
        for number, expr in enumerate(EXPRESSIONS.values())
    ]
    rules_file = tmp_path / "panels.yaml"
    rules_file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    promtool("check", "rules", str(rules_file), folder=tmp_path)


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    tests = [
        {
            "name": f"{case.alert} {'fires' if case.labels else 'is quiet'}",
            "interval": "1m",
            "input_series": [
                {"series": name, "values": values} for name, values in case.series.items()
            ],
            "alert_rule_test": [
                {
                    "eval_time": case.at,
                    "alertname": case.alert,
                    "exp_alerts": [_expected(case, labels) for labels in case.labels],
                }
            ],
        }
        for case in [*FIRING, *QUIET]
    ]
    # promtool compares annotations too; what they say is no promise.
    bare = [{key: rule[key] for key in rule if key != "annotations"} for rule in RULES.values()]
    (tmp_path / "rules.yaml").write_text(
        yaml.safe_dump({"groups": [{"name": "acuse", "rules": bare}]})
    )
    told = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(told))

    promtool("test", "rules", "tests.yaml", folder=tmp_path)


def _expected(case: Case, labels: dict[str, str]) -> dict[str, Any]:
    return {"exp_labels": {"severity": RULES[case.alert]["labels"]["severity"], **labels}}


def test_the_dashboard_is_what_its_list_says() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run `python -m support.dashboard`"


def test_panels_do_not_overlap_and_each_says_what_it_shows() -> None:
    panels = dashboard()["panels"]
    covered: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & covered, panel["title"]
        assert place["x"] + place["w"] <= 24
        covered |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(p["description"] for p in panels if p["type"] != "row")
    assert json.loads(text())["uid"] == "acuse"
