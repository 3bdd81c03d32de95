"""A Tenant manifest: what it may say, and how a wrong one is named without repeating its values."""

from __future__ import annotations

from typing import Any

import pytest

from acuse.errors import InvalidManifest
from acuse.tenants.manifest import documents, parse_manifest
from support.tenant_folder import manifest


def good() -> dict[str, Any]:
    return manifest("acme", ("111", "222"))


def test_what_is_left_out_has_a_default() -> None:
    spec = parse_manifest(good()).spec

    assert (spec.locale, spec.currency, spec.templates.result) == ("es-AR", "ARS", None)
    assert spec.whatsapp.numbers[0].graph_version == "v26.0"


def test_a_tenant_is_placed_in_its_home_and_its_standbys() -> None:
    placed = parse_manifest(
        good() | {"spec": good()["spec"] | {"placement": {"home": "sa", "standby": ["us"]}}}
    )

    assert [placed.placed_in(region) for region in ("sa", "us", "eu")] == [True, True, False]
    assert parse_manifest(good()).placed_in("anywhere")


def changed(path: str, value: object) -> dict[str, Any]:
    document = good()
    *parents, last = path.split(".")
    place: Any = document
    for part in parents:
        place = place[int(part) if part.isdigit() else part]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("apiVersion", "acuse.dev/v9"),
        ("kind", "Widget"),
        ("surprise", 1),
        ("metadata.name", "Upper"),
        ("metadata.namespace", "../etc"),
        ("spec.surprise", 1),
        ("spec.displayName", ""),
        ("spec.displayName", "A\0B"),
        ("spec.displayName", "A\nB"),
        ("spec.locale", "pt-BR"),
        ("spec.currency", "pesos"),
        ("spec.whatsapp.numbers", []),
        ("spec.whatsapp.numbers.0.phoneNumberId", 111),
        ("spec.whatsapp.numbers.0.wabaId", "2 2"),
        ("spec.whatsapp.numbers.0.graphVersion", "26"),
        ("spec.whatsapp.numbers.0.accessToken", "EAAG-hush"),
        ("spec.whatsapp.numbers.0.secretRef.name", "../../other"),
        ("spec.placement", {"home": "sa", "away": "us"}),
        ("spec.templates", {"result": "No Spaces"}),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(path: str, value: object) -> None:
    with pytest.raises(InvalidManifest) as refused:
        parse_manifest(changed(path, value))

    assert path in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_number_listed_twice_is_refused() -> None:
    with pytest.raises(InvalidManifest, match="listed twice"):
        parse_manifest(manifest("acme", ("111", "222"), ("111", "333")))


def test_what_is_no_manifest_at_all_is_refused() -> None:
    nothing: dict[str, object] = {}
    for document in (None, "text", 1, nothing):
        with pytest.raises(InvalidManifest):
            parse_manifest(document)


def test_a_file_that_is_no_yaml_is_refused_by_line() -> None:
    with pytest.raises(InvalidManifest, match=r"line \d") as refused:
        list(documents("a: 1\nsecret: [hush\n"))

    assert "hush" not in str(refused.value)
