"""The chart's Grafana dashboard, made from a short list; `python -m support.dashboard` writes it.

A test says when the file and that list have come apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from support.dashboard_panels import ROWS, Panel, Row

FILE = Path(__file__).resolve().parents[2] / "charts" / "acuse" / "files" / "dashboard.json"

_WIDTH = 24
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard(rows: Sequence[Row] = ROWS) -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    return {
        "uid": "acuse",
        "title": "Acuse",
        "tags": ["acuse"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "timezone": "",
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Data source",
                    "type": "datasource",
                    "query": "prometheus",
                    "hide": 0,
                }
            ]
        },
        "panels": [
            {"id": number, **panel} for number, panel in enumerate(_laid_out(rows), start=1)
        ],
    }


def _laid_out(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    y = 0
    for row in rows:
        yield {
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": _WIDTH, "h": 1},
            "panels": [],
        }
        x, y = 0, y + 1
        height = 4 if row.panels[0].kind == "stat" else 8
        for panel in row.panels:
            if x + panel.width > _WIDTH:
                x, y = 0, y + height
            yield _panel(panel) | {"gridPos": {"x": x, "y": y, "w": panel.width, "h": height}}
            x += panel.width
        y += height


def _panel(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_from is not None:
        steps.append({"color": "red", "value": panel.bad_from})
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                **({"format": "table", "instant": True} if panel.kind == "table" else {}),
            }
            for number, query in enumerate(panel.queries)
        ],
    }


def text() -> str:
    """Return the file's content."""
    return json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
