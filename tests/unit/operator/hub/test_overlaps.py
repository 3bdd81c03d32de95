"""Each number's replaced app secret ends in its own time, whatever the others' do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from acuse_operator.hub.compiling import Destination, compile_tenant
from acuse_operator.hub.sealing import Credentials, Sealed, read_sealed, seal
from support.hub_values import spec, view

NOW = datetime(2026, 11, 25, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TO = Destination("ar-1", "Home", "acuse-tenants", 1)


def number(secret: str, previous: str | None = None) -> Credentials:
    return Credentials(secret.encode(), previous.encode() if previous else None, b"v", b"a")


def both(
    first: Credentials, second: Credentials, *, before: Sealed, after: timedelta = timedelta()
) -> Sealed:
    return seal({"1": first, "2": second}, before=before, now=NOW + after, overlap=DAY)


def test_a_secret_that_was_replaced_does_not_live_on_by_the_rotations_of_another_number() -> None:
    sealed = both(number("a"), number("b"), before=Sealed())
    sealed = both(number("A"), number("b"), before=sealed)
    for hour in range(1, 24):
        sealed = both(number("A"), number(f"b{hour}"), before=sealed, after=hour * HOUR)
    assert sealed.next_end == NOW + DAY
    assert sealed.data["1.previousAppSecret"] == b"a"

    over = both(number("A"), number("b23"), before=sealed, after=DAY)
    assert "1.previousAppSecret" not in over.data
    assert over.data["2.previousAppSecret"] == b"b22"
    assert over.next_end == over.previous_until == NOW + DAY + 23 * HOUR


def test_a_previous_secret_that_its_owner_takes_away_is_gone_though_another_number_rotates() -> (
    None
):
    sealed = both(number("a", "leaked"), number("b"), before=Sealed())
    sealed = both(number("a", "leaked"), number("B"), before=sealed)
    assert sealed.data["1.previousAppSecret"] == b"leaked"

    sealed = both(number("a"), number("B"), before=sealed, after=HOUR)
    assert "1.previousAppSecret" not in sealed.data


def test_each_end_is_read_back_from_what_the_region_has() -> None:
    sealed = both(number("a"), number("b"), before=Sealed())
    sealed = both(number("A"), number("b"), before=sealed)
    sealed = both(number("A"), number("B"), before=sealed, after=HOUR)
    listed = spec()
    named = listed.whatsapp.numbers[0].phone_number_id
    data = {**sealed.data, f"{named}.verifyToken": b"v", f"{named}.accessToken": b"a"}
    compiled = compile_tenant(
        view(), listed, Sealed(data, sealed.previous_until, sealed.ends), to=TO
    )

    assert compiled is not None
    assert read_sealed(compiled.sealed).ends == {"1": NOW + DAY, "2": NOW + DAY + HOUR}
