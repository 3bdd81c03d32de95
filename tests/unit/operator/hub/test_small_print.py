"""Where the hub's word has to be exact: after a restart, at a schema's limits, on old versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from acuse.resources.names import GROUP
from acuse.resources.tenant_status import TenantStatus
from acuse_operator.hub.budget import Budgets
from acuse_operator.hub.choosing import Wanted
from acuse_operator.hub.departure import leaving_status
from acuse_operator.hub.differences import differs, excess
from acuse_operator.hub.findings import Obstacle, RegionReport
from acuse_operator.hub.numbers import NumberReport, Wish
from acuse_operator.hub.regions import region_state
from acuse_operator.hub.registration import Registrar
from support.hub_values import NUMBER, WABA, region, view

NOW = datetime(2026, 11, 25, tzinfo=UTC)
URL = "https://ar-1.example/webhooks/whatsapp/meta/cloud/shops.acme"
WISH = Wish(NUMBER, WABA, "v26.0", URL, "verify", "token")
NONE: Any = None


class Ear:
    """Hears of numbers."""

    def numbers_changed(self, key: str) -> None:
        del key

    def numbers_wanted(self, key: str) -> None:
        del key

    def override_restored(self, key: str, message: str) -> None:
        del key, message


def first(url: str | None, *, wish: Wish = WISH) -> NumberReport:
    registrar = Registrar(NONE, NONE, budgets=Budgets(), listener=Ear())
    said = {"phoneNumberId": NUMBER, "credentials": "Valid", "overrideURL": url}
    [report] = registrar.want("shops.acme", [wish], known=[said])
    return report


def test_after_a_restart_another_address_at_meta_is_not_called_registered() -> None:
    assert first(URL).webhook.status == "True"
    assert first("https://elsewhere.example").webhook.reason == "Registering"
    # Whether it is ours is not known while there is no route to compare it with.
    assert first(URL, wish=replace(WISH, url=None)).webhook.status == "True"


def test_an_older_epoch_is_a_difference_only_where_the_region_refuses_it() -> None:
    wanted = {"metadata": {}, "spec": {"epoch": 2, "hash": "a"}}
    live: dict[str, Any] = {"metadata": {}, "spec": {"epoch": 1, "hash": "a"}}
    refused = {"conditions": [{"type": "Ready", "status": "False", "reason": "StaleEpoch"}]}

    assert not differs(wanted, live)
    assert differs(wanted, {**live, "status": refused})
    # Written anew already: the region has yet to see it.
    assert not differs(wanted, {**wanted, "status": refused})


def test_messages_are_as_long_as_the_schema_takes_them() -> None:
    wanted = Wanted("ar-1", "Home", region())
    obstacle = Obstacle("RegionUnreachable", f"It cannot be told to let go: {'x' * 1024}.")
    state = region_state(RegionReport(wanted, obstacle=obstacle), None, now=NOW)
    TenantStatus.model_validate({"regions": [state]})
    assert len(state["message"]) == 1024

    leaving = leaving_status(
        view(status={"regions": [state]}), obstacle.message + "more", now=NOW
    ).status
    assert len(leaving["regions"][0]["message"]) == 1024


def test_a_tenant_is_protected_also_by_a_spec_that_this_version_cannot_read() -> None:
    going = {"deletionTimestamp": "2026-11-25T00:00:00Z"}
    newer = view(metadata=going, deletionProtection=True, aFieldOfLater=1)

    assert newer.spec is None
    assert not newer.is_leaving
    assert view(metadata=going, aFieldOfLater=1).is_leaving


@pytest.mark.parametrize("part", ["labels", "annotations"])
def test_what_others_say_in_our_own_words_is_taken_away_once(part: str) -> None:
    wanted: dict[str, Any] = {"metadata": {part: {f"{GROUP}/tenant": "a"}}, "spec": {}}
    live = {"metadata": {part: {f"{GROUP}/tenant": "a", f"{GROUP}/odd": "b", "x": "c"}}, "spec": {}}
    assert differs(wanted, live)

    patch = excess(wanted, live)
    assert patch["metadata"] == {part: {f"{GROUP}/odd": None}}
    del live["metadata"][part][f"{GROUP}/odd"]
    assert not differs(wanted, live)
