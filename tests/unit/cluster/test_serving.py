"""What placements and Secrets make of the tenants that are served, in whatever order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acuse.resources.names import sealed_name
from acuse_cluster.kinds import Manifest
from acuse_cluster.last_good import LastGood
from acuse_cluster.serving import APP, Served, Serving
from support.cluster_tenants import REGION, credentials, placement, secret

KEY = "shops.acme"


def sealed(*phones: str, **values: str) -> Manifest:
    held = credentials(*phones, tenant="acme", **values)
    return secret(sealed_name(KEY), "t", held, kind="acuse.dev/sealed")


def renamed(placed: Manifest) -> Manifest:
    return {**placed, "metadata": {**placed["metadata"], "name": KEY}}


def serving() -> Serving:
    """Return a region that serves acme with number 111."""
    made = Serving(REGION)
    made.take(KEY, placement(KEY, "t", "111"), sealed("111"))
    made.settle()
    return made


def test_a_placement_with_its_secret_is_a_tenant() -> None:
    tenant = serving().served.tenants[KEY]

    assert (tenant.key, tenant.display_name, tenant.locale) == (KEY, "Acme", "es-AR")
    assert [(n.phone_number_id, n.waba_id, n.graph_version) for n in tenant.numbers] == [
        ("111", "9111", "v26.0")
    ]
    assert "secret-acme" not in repr(tenant)


@pytest.mark.parametrize(
    ("placed", "held", "reason"),
    [
        (placement(KEY, "t", "111"), None, "secret shops.acme.sealed is missing"),
        (placement(KEY, "t", "111", "222"), sealed("111"), "222.appSecret is missing"),
        (placement(KEY, "t", "111"), sealed("111", verifyToken=""), "111.verifyToken is missing"),
        (placement(KEY, "t", "x"), sealed("x"), "spec.bundle.numbers.0.phoneNumberId: "),
        (placement(KEY, "t", "111", bundle=None), sealed("111"), "spec.bundle: "),
        (renamed(placement("shops.other", "t", "111")), sealed("111"), "be named shops.other"),
        (
            placement(KEY, "t", "111"),
            {**sealed("111"), "data": {"111.appSecret": "!"}},
            "111.appSecret is not base64",
        ),
    ],
)
def test_what_is_broken_says_why_and_leaves_the_tenant_as_it_was(
    placed: Manifest, held: Manifest | None, reason: str
) -> None:
    made = serving()
    before = made.served.tenants

    made.take(KEY, placed, held)
    after = made.settle()

    assert after.tenants == before
    assert reason in after.faults[KEY]
    assert "secret-acme" not in after.faults[KEY]


def test_what_is_mended_has_no_fault_left() -> None:
    made = serving()
    made.take(KEY, placement(KEY, "t", "111"), None)
    assert made.settle().faults

    made.take(KEY, placement(KEY, "t", "111"), sealed("111"))

    assert made.settle().faults == {}


@pytest.mark.parametrize(
    "placed", [None, placement(KEY, "t", "111", region="mx-1")], ids=["gone", "elsewhere"]
)
def test_without_a_placement_here_it_is_served_no_more(placed: Manifest | None) -> None:
    made = serving()
    made.take(KEY, placed, sealed("111"))

    assert made.settle().tenants == {}


def test_a_field_of_a_newer_release_is_passed_over() -> None:
    newer = placement(KEY, "t", "111", colour="blue")
    newer["spec"]["bundle"]["numbers"][0]["name"] = "Acme"
    made = Serving(REGION)
    made.take(KEY, newer, sealed("111"))

    assert set(made.settle().tenants) == {KEY}


def test_the_shared_apps_secret_counts_where_a_number_has_none_and_is_kept_when_it_breaks() -> None:
    made = Serving(REGION)
    app = secret("app", "t", {"appSecret": "platform\n", "verifyToken": "v"}, kind="Opaque")
    assert made.take_app(app) is True
    assert made.take_app(app) is False
    made.take(KEY, placement(KEY, "t", "111"), sealed("111", appSecret=""))
    served = made.settle()
    assert served.tenants[KEY].app_secrets == (b"platform",)

    assert made.take_app(None) is False
    after = made.settle()

    assert after.app == served.app
    assert after.faults == {APP: "the secret of the shared app is missing"}


def test_what_was_kept_is_given_back_to_the_same_region_only(tmp_path: Path) -> None:
    served = serving().served
    tenants = tuple(served.tenants.values())
    file = tmp_path / "tenants.json"
    LastGood(file, region=REGION, namespace="t").save(tenants, served.app)

    kept = LastGood(file, region=REGION, namespace="t").load()
    assert kept is not None
    assert (kept.tenants, kept.app) == (tenants, None)
    assert LastGood(file, region="mx-1", namespace="t").load() is None
    assert LastGood(file, region=REGION, namespace="u").load() is None
    assert LastGood(None, region=REGION, namespace="t").load() is None
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["tenants.json"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"format":2}', b'{"format":1,"region":1}'])
def test_a_file_that_says_nothing_of_use_is_as_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tenants.json"
    file.write_bytes(content)

    assert LastGood(file, region=REGION, namespace="t").load() is None


def test_a_file_that_cannot_be_written_harms_nothing(tmp_path: Path) -> None:
    kept = LastGood(tmp_path / "missing" / "tenants.json", region=REGION, namespace="t")

    kept.save((), None)

    assert kept.load() is None


def test_a_start_from_what_was_kept_drops_nobody_before_it_is_known_who_is_there() -> None:
    before: dict[str, Any] = dict(serving().served.tenants)
    made = Serving(REGION, Served(before))

    assert made.settle().tenants == before
    assert set(made.known()) == {KEY}
