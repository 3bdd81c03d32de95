"""What a region gets of credentials, given what a Secret says and what the region has."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuse.resources.names import PREVIOUS_UNTIL
from acuse_operator.hub.sealing import (
    Credentials,
    Found,
    Sealed,
    SecretFault,
    read_sealed,
    read_secret,
    seal,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MISSING = SecretFault("SecretMissing", "Secret whatsapp does not exist.")


def credentials(app: bytes | None = b"one", previous: bytes | None = None) -> Credentials:
    return Credentials(app, previous, b"verify", b"access")


def sealed(found: Found, *, before: Sealed | None = None, now: datetime = NOW) -> Sealed:
    return seal({"1": found}, before=before or Sealed(), now=now, overlap=DAY)


def secret(**values: bytes) -> dict[str, Any]:
    data = {key: base64.b64encode(value).decode() for key, value in values.items()}
    return {"metadata": {"name": "whatsapp"}, "data": data}


WHOLE = {"appSecret": b"a", "verifyToken": b"v", "accessToken": b"t"}


def test_a_secret_is_read_without_its_last_newline() -> None:
    found = read_secret(
        secret(**{**WHOLE, "accessToken": b"t\n"}), name="whatsapp", is_app_shared=False
    )

    assert found == Credentials(b"a", None, b"v", b"t")


@pytest.mark.parametrize(
    ("given_secret", "reason", "words"),
    [
        (None, "SecretMissing", "Secret whatsapp does not exist."),
        (secret(verifyToken=b"v", accessToken=b"t"), "SecretInvalid", "has no key appSecret"),
        (secret(appSecret=b"a", accessToken=b"t"), "SecretInvalid", "has no key verifyToken"),
        (secret(**{**WHOLE, "accessToken": b"\n"}), "SecretInvalid", "key accessToken is empty"),
        (secret(**{**WHOLE, "appSecret": b"\xff"}), "SecretInvalid", "key appSecret is empty"),
        (
            {**secret(**WHOLE), "metadata": {"deletionTimestamp": "2026-11-22T10:00:00Z"}},
            "SecretMissing",
            "does not exist",
        ),
    ],
    ids=["missing", "no-app-secret", "no-verify-token", "empty", "not-text", "being-deleted"],
)
def test_a_secret_that_cannot_be_used_is_named_with_its_key(
    given_secret: dict[str, Any] | None, reason: str, words: str
) -> None:
    found = read_secret(given_secret, name="whatsapp", is_app_shared=False)

    assert isinstance(found, SecretFault)
    assert found.reason == reason
    assert words in found.message


def test_where_the_platforms_app_is_shared_the_app_secret_may_be_left_out() -> None:
    found = read_secret(secret(verifyToken=b"v", accessToken=b"t"), name="s", is_app_shared=True)

    assert found == Credentials(None, None, b"v", b"t")


def test_what_is_sealed_is_named_by_its_number() -> None:
    assert sealed(credentials()).data == {
        "1.appSecret": b"one",
        "1.verifyToken": b"verify",
        "1.accessToken": b"access",
    }


def test_a_replaced_app_secret_stays_valid_for_the_overlap_and_no_longer() -> None:
    first = sealed(credentials(b"one"))
    second = sealed(credentials(b"two"), before=first)
    later = sealed(credentials(b"two"), before=second, now=NOW + DAY - timedelta(seconds=1))
    over = sealed(credentials(b"two"), before=later, now=NOW + DAY)

    assert second.data["1.previousAppSecret"] == b"one"
    assert second.previous_until == NOW + DAY
    assert later == second
    assert "1.previousAppSecret" not in over.data
    assert over.previous_until is None


def test_of_two_rotations_within_the_overlap_the_last_counts() -> None:
    first = sealed(credentials(b"one"))
    second = sealed(credentials(b"two"), before=first)
    third = sealed(credentials(b"three"), before=second, now=NOW + timedelta(hours=1))

    assert third.data["1.previousAppSecret"] == b"two"
    assert third.previous_until == NOW + DAY + timedelta(hours=1)


def test_a_previous_secret_of_the_tenants_own_goes_before_ours_and_ends_when_it_says() -> None:
    first = sealed(credentials(b"one", b"own"))
    second = sealed(credentials(b"two", b"own"), before=first)
    removed = sealed(credentials(b"two"), before=second)

    assert (first.data["1.previousAppSecret"], first.previous_until) == (b"own", None)
    assert (second.data["1.previousAppSecret"], second.previous_until) == (b"own", None)
    assert "1.previousAppSecret" not in removed.data


def test_a_missing_secret_leaves_what_it_said_last_and_ends_the_overlap_in_time() -> None:
    first = sealed(credentials(b"one"))
    second = sealed(credentials(b"two"), before=first)

    assert sealed(MISSING, before=second) == second
    assert "1.previousAppSecret" not in sealed(MISSING, before=second, now=NOW + DAY).data
    own = sealed(credentials(b"one", b"own"))
    assert sealed(MISSING, before=own) == own
    assert sealed(MISSING).data == {}


def test_a_number_that_is_no_longer_the_tenants_is_left_out() -> None:
    before = seal({"1": credentials(), "2": credentials()}, before=Sealed(), now=NOW, overlap=DAY)

    assert all(key.startswith("2.") for key in seal(
        {"2": credentials()}, before=before, now=NOW, overlap=DAY
    ).data)  # fmt: skip


def test_the_hash_changes_with_any_value_and_not_with_the_order() -> None:
    one = Sealed({"a": b"1", "b": b"2"})

    assert one.hash == Sealed({"b": b"2", "a": b"1"}).hash
    assert one.hash != Sealed({"a": b"12", "b": b""}).hash
    assert b"1" not in repr(one).encode()


def test_a_sealed_secret_reads_back_and_a_spoilt_one_as_far_as_it_goes() -> None:
    manifest = {
        "metadata": {"annotations": {PREVIOUS_UNTIL: "2026-11-23T10:00:00Z"}},
        "data": {"1.appSecret": base64.b64encode(b"one").decode(), "1.x": "no base64!"},
    }

    assert read_sealed(manifest) == Sealed({"1.appSecret": b"one"}, NOW + DAY)
    spoilt = {"metadata": {"annotations": {PREVIOUS_UNTIL: "yesterday"}}}
    assert read_sealed(spoilt) == Sealed()
    assert read_sealed(None) == Sealed()


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 30)), max_size=12))
def test_whatever_rotates_when_the_current_secret_is_always_there_and_looking_again_changes_nothing(
    rotations: list[tuple[bytes, int]],
) -> None:
    now, held = NOW, Sealed()
    for value, hours in rotations:
        now += timedelta(hours=hours)
        held = sealed(credentials(value), before=held, now=now)
        assert held.data["1.appSecret"] == value
        assert held.data.get("1.previousAppSecret") != value or len(held.data) == 4
        assert sealed(credentials(value), before=held, now=now) == held
