"""What a region gets of a tenant."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from acuse.resources.names import PREVIOUS_UNTIL, SECRET_HASH
from acuse.resources.placement import TenantPlacement
from acuse_operator.hub.compiling import Compiled, Destination, compile_tenant
from acuse_operator.hub.differences import differs, excess
from acuse_operator.hub.sealing import Sealed
from support.hub_values import NUMBER, spec, view

TO = Destination("ar-1", "Home", "acuse-tenants", 1)
DATA = {
    f"{NUMBER}.appSecret": b"a",
    f"{NUMBER}.verifyToken": b"v",
    f"{NUMBER}.accessToken": b"t",
}


def compiled(sealed: Sealed | None = None, to: Destination = TO, **more: Any) -> Compiled:
    found = compile_tenant(view(**more), spec(**more), sealed or Sealed(DATA), to=to)
    assert found is not None
    return found


def test_a_placement_is_what_its_own_model_takes_and_is_named_after_its_tenant() -> None:
    parsed = TenantPlacement.parse(compiled().placement)

    assert parsed.key == "shops.acme"
    assert [n.phone_number_id for n in parsed.spec.bundle.numbers] == [NUMBER]
    assert parsed.spec.secret_hash == Sealed(DATA).hash


def test_the_sealed_secret_says_its_hash_and_until_when_the_previous_holds() -> None:
    until = datetime(2026, 11, 23, tzinfo=UTC)
    secret = compiled(Sealed(DATA, until)).sealed

    assert secret["metadata"]["annotations"][SECRET_HASH] == Sealed(DATA).hash
    assert secret["metadata"]["annotations"][PREVIOUS_UNTIL] == "2026-11-23T00:00:00Z"
    assert base64.b64decode(secret["data"][f"{NUMBER}.appSecret"]) == b"a"
    assert PREVIOUS_UNTIL not in compiled().sealed["metadata"]["annotations"]


def test_a_region_gets_the_same_whatever_was_compiled_before() -> None:
    there = Destination("ar-2", "Standby", "acuse-tenants", 7)
    of, asked, sealed = view(), spec(), Sealed(DATA)
    alone = compiled(to=there)

    compile_tenant(of, asked, sealed, to=TO)
    after_another = compile_tenant(of, asked, sealed, to=there)
    changed = compile_tenant(of, asked, Sealed({**DATA, f"{NUMBER}.appSecret": b"b"}), to=there)

    assert after_another == alone
    assert changed is not None
    assert changed.placement["spec"]["secretHash"] != alone.placement["spec"]["secretHash"]
    assert TenantPlacement.parse(alone.placement).spec.region == "ar-2"


def test_the_hash_follows_what_is_wanted_and_not_who_wrote_it_when() -> None:
    one = compiled()

    assert compiled(metadata={"generation": 9}).hash == one.hash
    assert compiled(to=Destination("ar-1", "Home", "acuse-tenants", 5)).hash == one.hash
    for other in (
        compiled(suspend=True),
        compiled(displayName="Acme SRL"),
        compiled(workers={"mode": "Dedicated"}),
        compiled(Sealed({**DATA, f"{NUMBER}.appSecret": b"b"})),
        compiled(to=Destination("ar-1", "Standby", "acuse-tenants", 1)),
    ):
        assert other.hash != one.hash


def test_a_tenant_without_any_credentials_is_not_compiled() -> None:
    assert compile_tenant(view(), spec(), Sealed(), to=TO) is None


def test_an_object_that_says_the_same_does_not_differ_whatever_the_server_adds() -> None:
    wanted = compiled().placement
    live = {
        **wanted,
        "metadata": {
            **wanted["metadata"],
            "uid": "x",
            "labels": {**wanted["metadata"]["labels"], "theirs": "x"},
            "annotations": {**wanted["metadata"]["annotations"], "theirs": "x"},
        },
        "status": {"observedHash": "x"},
    }

    assert not differs(wanted, live)


def test_a_changed_spec_a_lost_label_and_an_annotation_of_ours_too_many_differ() -> None:
    wanted = compiled().sealed
    metadata = wanted["metadata"]
    more = {**metadata["annotations"], PREVIOUS_UNTIL: "2026-11-23T00:00:00Z"}

    assert differs(wanted, {**wanted, "data": {**wanted["data"], "x": "eA=="}})
    assert differs(wanted, {**wanted, "metadata": {**metadata, "labels": {}}})
    assert differs(wanted, {**wanted, "metadata": {**metadata, "annotations": more}})


def test_what_is_too_much_is_taken_away_field_by_field() -> None:
    wanted = {
        "metadata": {"annotations": {"acuse.dev/a": "1"}},
        "spec": {"a": {"b": 1}, "list": [1]},
    }
    live = {
        "metadata": {"annotations": {"acuse.dev/a": "1", "acuse.dev/b": "2", "theirs": "3"}},
        "spec": {"a": {"b": 1, "c": 2}, "list": [1, 2], "d": 3},
    }

    assert excess(wanted, live) == {
        "metadata": {"annotations": {"acuse.dev/b": None}},
        "spec": {"a": {"c": None}, "list": [1], "d": None},
    }
