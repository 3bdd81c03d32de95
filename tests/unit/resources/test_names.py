"""Names are made in one place: readable, unique, and short enough for what they are put on."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from acuse.resources.names import (
    key_of_sealed,
    labels,
    sealed_name,
    slug,
    split_key,
    tenant_key,
    webhook_path,
)

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
LONGEST = "n" * 63


@given(LABEL, LABEL)
def test_a_key_can_be_taken_apart(namespace: str, name: str) -> None:
    assert split_key(tenant_key(namespace, name)) == (namespace, name)


@given(LABEL, LABEL)
def test_a_slug_is_a_label_with_room_for_an_ending(namespace: str, name: str) -> None:
    made = slug(tenant_key(namespace, name))

    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*[a-z0-9]", made)
    assert len(made) <= 53


def test_a_slug_is_always_the_same_and_starts_readable() -> None:
    assert slug("shops.espiga") == "shops-espiga-f25dec2a"


def test_tenants_that_read_alike_have_slugs_of_their_own() -> None:
    alike = ["a.b-c", "a-b.c", f"{LONGEST}.a", f"{LONGEST}.b"]

    assert len({slug(key) for key in alike}) == len(alike)


def test_the_longest_key_fits_wherever_it_is_written() -> None:
    key = tenant_key(LONGEST, LONGEST)

    assert len(sealed_name(key)) <= 253
    assert webhook_path(key) == f"/webhooks/whatsapp/meta/cloud/{key}"


def test_a_sealed_secret_says_whose_it_is() -> None:
    assert key_of_sealed(sealed_name("shops.espiga")) == "shops.espiga"
    assert [key_of_sealed(name) for name in ("sealed", ".sealed", "shops.espiga")] == [None] * 3


def test_labels_say_that_it_is_ours_and_whose_it_is() -> None:
    assert labels("worker", key="shops.espiga") == labels("worker") | {
        "acuse.dev/tenant": slug("shops.espiga")
    }
    assert labels("intake")["app.kubernetes.io/managed-by"] == "acuse"
