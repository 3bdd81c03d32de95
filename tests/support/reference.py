"""The reference pages made from the code: settings, errors, metrics, the chart's values.

`make reference` writes them; a test says when a page and the code have come apart.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from acuse import errors
from acuse.errors import AcuseError, Refused, Unavailable
from support import chart_values
from support.crd_reference import crds_page

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "reference"
PACKAGES = (
    "acuse",
    "acuse_cluster",
    "acuse_webhook",
    "acuse_workers",
    "acuse_console",
    "acuse_operator",
    "acuse_lab",
)
# Modules that run something when imported: they are programs' entry points.
_RUN_ON_IMPORT = ("__main__", "child")


def modules() -> list[ModuleType]:
    """Import and return every module of Acuse."""
    found: list[ModuleType] = []
    for package in PACKAGES:
        top = importlib.import_module(package)
        found.append(top)
        found.extend(
            importlib.import_module(info.name)
            for info in pkgutil.walk_packages(top.__path__, prefix=f"{package}.")
            if info.name.rpartition(".")[2] not in _RUN_ON_IMPORT
        )
    return found


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def errors_page() -> str:
    """Return docs/reference/errors.md."""
    rows: list[list[str]] = []
    for kind in sorted(set(_subclasses(AcuseError)), key=lambda k: k.code):
        if kind in {Refused, Unavailable}:
            continue
        again = "yes" if issubclass(kind, Unavailable) else "no"
        rows.append([f"`{kind.code}`", again, _first_line(kind.__doc__)])
    return (
        "# Errors\n\nEvery error raised on purpose has a stable code, in HTTP bodies as"
        ' `{"code": "…", "detail": "…"}`, in\nevents as `reason`, on the command line as'
        " `error: CODE: text`. *Again* says whether asking again may help.\n\n"
        + _table(["code", "again", "meaning"], rows)
    )


def programs() -> dict[str, type[BaseSettings]]:
    """Return each program's settings class by the program's command."""
    found = {
        kind.__name__.removesuffix("Settings").lower(): kind
        for kind in set(_subclasses(BaseSettings))
        if kind.__module__.startswith("acuse_")
    }
    return dict(sorted(found.items()))


def setting_names(name: str, field: FieldInfo) -> tuple[str, ...]:
    """Return the environment variables a field is read from, first the one to use."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(choice) for choice in alias.choices)
    return (f"ACUSE_{name.upper()}",)


def settings_page() -> str:
    """Return docs/reference/settings.md."""
    seen: dict[str, tuple[list[str], str, str]] = {}
    for program, kind in programs().items():
        for name, field in kind.model_fields.items():
            default: object = field.get_default(call_default_factory=True)
            if isinstance(default, tuple):
                default = ",".join(str(part) for part in cast("tuple[object, ...]", default))
            shown = str(default)
            row = seen.setdefault(
                setting_names(name, field)[0],
                ([], f"`{shown}`" if shown else "empty", field.description or ""),
            )
            row[0].append(program)
    rows = [
        [f"`{name}`", ", ".join(where), default, text]
        for name, (where, default, text) in sorted(seen.items())
    ]
    return (
        "# Settings\n\nPrograms are set up by environment variables. A value that cannot be used"
        " ends the program at its start\nwith `invalid_settings` and the setting's name.\n\n"
        + _table(["variable", "programs", "default", "meaning"], rows)
    )


def metrics() -> list[MetricWrapperBase]:
    """Return every metric that Acuse registers."""
    collectors: dict[Any, Any] = getattr(REGISTRY, "_collector_to_names")  # noqa: B009 - no public way to list them
    each = [metric for c in collectors for metric in getattr(c, "declared", (c,))]
    return [metric for metric in each if isinstance(metric, MetricWrapperBase)]


def metrics_page() -> str:
    """Return docs/reference/metrics.md."""
    rows: list[list[str]] = []
    for metric in metrics():
        [family] = metric.describe()
        if family.name.startswith("acuse_"):
            suffix = "_total" if family.type == "counter" else ""
            labels = ", ".join(f"`{label}`" for label in getattr(metric, "_labelnames"))  # noqa: B009 - not public
            rows.append([f"`{family.name}{suffix}`", family.type, labels, family.documentation])
    return (
        "# Metrics\n\nEach program shows its own at `/metrics` of its monitoring port, beside"
        " Prometheus's usual `process_` and `python_`.\nNo label holds anything that comes from"
        " outside unchecked.\n\n" + _table(["metric", "type", "labels", "meaning"], sorted(rows))
    )


def pages() -> dict[str, str]:
    """Return every generated page's text by its file name."""
    modules()
    assert errors.__name__ == "acuse.errors"
    return {
        "errors.md": errors_page(),
        "settings.md": settings_page(),
        "metrics.md": metrics_page(),
        "crds.md": crds_page(),
        "values.md": chart_values.page(),
    }


def write() -> None:
    """Write the pages."""
    PAGES.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
    chart_values.copy_crds()


if __name__ == "__main__":
    write()
