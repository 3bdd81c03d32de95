"""A Tenant that goes leaves nothing behind, and one of its name that comes after starts anew."""

from __future__ import annotations

from typing import Any

import pytest

from acuse.errors import GraphUnavailable
from acuse.meta.management import NumberState
from acuse_operator.hub.budget import Budgets, Limits
from acuse_operator.hub.departure import Departure, DepartureMeans
from acuse_operator.hub.link import Observed
from acuse_operator.hub.numbers import Wish
from acuse_operator.hub.role import HubMeans, HubRole
from acuse_operator.hub.unregistration import Unregistrar
from acuse_operator.store import Store
from support.hub_values import NUMBER, WABA, tenant_object

KEY = "shops.acme"
WISH = Wish(NUMBER, WABA, "v26.0", "https://ar-1.example/w", "verify", "token")
NONE: Any = None


class Region:
    """A region that has what it is given, and lets all of it go when told to."""

    def __init__(self, placement: dict[str, Any] | None, sealed: dict[str, Any] | None) -> None:
        self.has = Observed(placement, sealed)
        self.asked = 0

    def observed(self, key: str) -> Observed:
        del key
        return self.has

    def unwant(self, key: str) -> None:
        del key
        self.asked += 1
        self.has = Observed(None, None)

    def forget(self, key: str) -> None:
        del key


class Ear:
    """Hears of numbers."""

    def numbers_changed(self, key: str) -> None:
        del key

    def numbers_wanted(self, key: str) -> None:
        del key

    def override_restored(self, key: str, message: str) -> None:
        del key, message


def departure(region: Region, unregistrar: Unregistrar | None = None) -> Departure:
    links: Any = {"ar-1": region}
    means = DepartureMeans(NONE, links, NONE, unregistrar or NONE, NONE, NONE)
    return Departure(means, patience=1.0, is_registering=True)


def placed(uid: str) -> dict[str, Any]:
    return {"spec": {"tenant": {"uid": uid}}}


@pytest.mark.parametrize(
    ("placement", "is_deleted"),
    [
        pytest.param(None, True, id="its placement went first"),
        pytest.param(placed("u-1"), True, id="all of it is there"),
        pytest.param(placed("u-2"), False, id="another Tenant of the name has it now"),
    ],
)
def test_what_a_tenant_left_is_taken_down_its_credentials_too(
    placement: dict[str, Any] | None, is_deleted: bool
) -> None:
    region = Region(placement, {"metadata": {}})

    assert departure(region).sweep(KEY, "u-1")
    assert region.has.is_gone == is_deleted


def test_of_a_tenant_that_left_nothing_nothing_is_asked() -> None:
    region = Region(None, None)

    assert departure(region).sweep(KEY, "u-1")
    assert region.asked == 0


async def test_a_tenant_made_anew_at_once_is_not_taken_for_the_one_that_left() -> None:
    unregistrar = Unregistrar(NONE, budgets=Budgets(), listener=Ear())
    unregistrar.leave(KEY, [WISH])
    tenants = Store()
    tenants.put(tenant_object(metadata={"uid": "u-2"}))

    class Asked(Exception):
        """Ends the look where the test has seen enough."""

    class Secrets:
        async def read(self, *_: Any) -> Any:
            raise Asked

    secrets: Any = Secrets()
    means = HubMeans(
        tenants, NONE, NONE, NONE, secrets, NONE, departure(Region(None, None), unregistrar), NONE
    )
    role = HubRole(means, is_registering=True)
    with pytest.raises(Asked):
        await role.reconcile(KEY)

    # Its numbers' turn at Meta is to be registered, not to be let go.
    assert not unregistrar.has(KEY)


class Meta:
    """A Meta that has our override until it is taken away, unless it is away itself."""

    def __init__(self) -> None:
        self.override: str | None = WISH.url
        self.is_away = False

    async def number(self, phone_number_id: str, **_: Any) -> NumberState:
        if self.is_away:
            raise GraphUnavailable("away")
        return NumberState(phone_number_id, override_callback_uri=self.override)

    async def set_override(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError

    async def remove_override(self, *_: Any, **__: Any) -> None:
        self.override = None


def parting(meta: Meta) -> Unregistrar:
    unregistrar = Unregistrar(meta, budgets=Budgets(Limits(at_start=1000.0)), listener=Ear())
    unregistrar.part(KEY, [WISH], listed=["another"])
    return unregistrar


async def test_a_number_that_a_tenant_gives_up_is_let_go_at_meta() -> None:
    meta = Meta()
    unregistrar = parting(meta)
    assert not unregistrar.has(KEY)

    assert await unregistrar.reconcile(KEY) is None
    assert meta.override is None


async def test_a_number_that_is_listed_again_is_left_alone() -> None:
    meta = Meta()
    unregistrar = parting(meta)
    unregistrar.part(KEY, [], listed=[NUMBER])

    assert await unregistrar.reconcile(KEY) is None
    assert meta.override == WISH.url


async def test_meta_is_not_asked_for_ever_about_a_number_that_was_given_up() -> None:
    meta = Meta()
    meta.is_away = True
    unregistrar = parting(meta)
    waits: list[float] = []
    while (wait := await unregistrar.reconcile(KEY)) is not None:
        waits.append(wait)

    assert 180.0 < sum(waits) < 600.0


async def test_a_tenant_that_leaves_takes_the_numbers_with_it_that_it_gave_up() -> None:
    meta = Meta()
    unregistrar = parting(meta)

    assert unregistrar.leave(KEY, []) is not None
    await unregistrar.reconcile(KEY)
    assert unregistrar.leave(KEY, []) is None
    assert meta.override is None
