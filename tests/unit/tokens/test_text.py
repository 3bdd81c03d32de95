"""A token's text: long, recognisable, and never guessed right by a typo."""

from __future__ import annotations

import pytest

from acuse.tokens import hash_of, is_well_formed, new_text


def test_tokens_have_one_shape_and_never_repeat() -> None:
    made = {new_text() for _ in range(200)}

    assert len(made) == 200
    assert all(is_well_formed(text) and len(text) == 55 for text in made)
    assert all(text.startswith("acuse_") for text in made)


@pytest.mark.parametrize("place", [0, 6, 20, 48, 54])
def test_a_changed_letter_is_noticed_without_asking_the_database(place: int) -> None:
    text = new_text()
    other = "a" if text[place] != "a" else "b"

    assert not is_well_formed(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize("text", ["", "acuse_", "x" * 55, "acuse_" + "0" * 49 + "\n", "é" * 55])
def test_what_was_never_issued_is_not_well_formed(text: str) -> None:
    assert not is_well_formed(text)


def test_the_hash_is_sha256() -> None:
    assert len(hash_of(new_text())) == 32
