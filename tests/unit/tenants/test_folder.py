"""A folder of tenants: what is broken stays as it was, and the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from acuse.errors import InvalidManifest
from acuse.reading.decision import Thresholds
from acuse.tenants.folder import Loaded, load_folder
from acuse.tenants.tenant import tenant_id
from support.tenant_folder import TenantFolder, manifest


@pytest.fixture
def folder(tmp_path: Path) -> TenantFolder:
    made = TenantFolder(tmp_path)
    made.tenant("acme", ("111", "222"))
    return made


def load(folder: TenantFolder, before: Loaded | None = None, *, app: str = "") -> Loaded:
    return load_folder(folder.path, region="sa", app_secret_ref=app, before=before)


def secrets_of(loaded: Loaded, key: str) -> tuple[bytes, ...]:
    return loaded.tenants[key].app_secrets


def test_a_tenant_is_its_manifest_and_its_secrets(folder: TenantFolder) -> None:
    tenant = load(folder).tenants["shops.acme"]

    number = tenant.numbers[0]
    assert (tenant.id, tenant.display_name) == (tenant_id("shops.acme"), "Acme")
    assert (number.phone_number_id, number.waba_id, number.graph_version) == ("111", "222", "v26.0")
    assert (number.verify_token, number.access_token) == ("verify-acme", "token")
    assert number.app_secrets == (b"secret-acme",)


def test_a_previous_app_secret_counts_too(folder: TenantFolder) -> None:
    folder.secret("acme-whatsapp", previousAppSecret="older")

    assert secrets_of(load(folder), "shops.acme") == (b"secret-acme", b"older")


def test_a_tenant_without_an_app_secret_has_the_platforms(folder: TenantFolder) -> None:
    folder.tenant("bodega", ("333", "444"), app_secret=None)
    folder.secret("meta-app", appSecret="platform", verifyToken="v", previousAppSecret="old")

    assert "shops.bodega" not in load(folder).tenants
    loaded = load(folder, app="shops/meta-app")

    assert secrets_of(loaded, "shops.bodega") == (b"platform", b"old")
    assert secrets_of(loaded, "shops.acme") == (b"secret-acme",)
    assert loaded.app is not None
    assert loaded.app.verify_token == "v"


def test_several_tenants_may_share_a_file(folder: TenantFolder) -> None:
    for name in ("x", "y"):
        folder.credentials(name, app_secret="s")
    folder.write("both.yaml", manifest("x", ("1", "9")), manifest("y", ("2", "9")))

    assert set(load(folder).tenants) == {"shops.acme", "shops.x", "shops.y"}


def test_a_folder_may_suspend_a_tenant_and_say_who_works_for_it(folder: TenantFolder) -> None:
    folder.credentials("acme", app_secret="s")
    workers = {"mode": "Dedicated", "ocr": "Tesseract"}
    folder.write("acme.yaml", manifest("acme", ("111", "9"), suspend=True, workers=workers))
    folder.tenant("beta", ("222", "9"))

    tenants = load(folder).tenants

    assert {t.key: (t.suspended, t.workers_mode, t.ocr) for t in tenants.values()} == {
        "shops.acme": (True, "Dedicated", "Tesseract"),
        "shops.beta": (False, "Shared", "Auto"),
    }


def test_a_folder_may_say_how_sure_a_reading_must_be(folder: TenantFolder) -> None:
    said = {"autoPercent": 97, "resendPercent": 0}
    folder.write("acme.yaml", manifest("acme", ("111", "222"), reading=said))
    folder.write("beta.yaml", manifest("beta", ("333", "9"), reading={"autoPercent": 80}))
    folder.credentials("beta", app_secret="s")

    tenants = load(folder).tenants

    assert tenants["shops.acme"].thresholds == Thresholds(auto=0.97, resend=0.0)
    assert tenants["shops.beta"].thresholds == Thresholds(auto=0.8)


def test_a_tenant_placed_elsewhere_is_not_served(folder: TenantFolder) -> None:
    folder.write("acme.yaml", manifest("acme", ("111", "222"), placement={"home": "eu"}))

    assert (load(folder).tenants, load(folder).faults) == ({}, ())


def test_a_broken_manifest_leaves_its_tenant_as_it_was_and_the_others_go_on(
    folder: TenantFolder,
) -> None:
    before = load(folder)
    folder.write("acme.yaml", manifest("acme", ("111", "222"), surprise=True))
    folder.tenant("bodega", ("333", "444"))

    after = load(folder, before)

    assert after.tenants["shops.acme"] == before.tenants["shops.acme"]
    assert "shops.bodega" in after.tenants
    assert [(f.key, "spec.surprise" in f.reason) for f in after.faults] == [("shops.acme", True)]


@pytest.mark.parametrize("text", ["a: [", "\x00", "- just a list"], ids=["yaml", "nul", "list"])
def test_a_file_that_cannot_be_read_leaves_its_tenants_as_they_were(
    folder: TenantFolder, text: str
) -> None:
    before = load(folder)
    (folder.path / "acme.yaml").write_text(text)

    after = load(folder, before)

    assert after.tenants == before.tenants
    assert [f.file for f in after.faults] == ["acme.yaml"]


@pytest.mark.parametrize("key", ["appSecret", "verifyToken", "accessToken"])
def test_a_missing_secret_leaves_the_tenant_as_it_was(folder: TenantFolder, key: str) -> None:
    before = load(folder)
    (folder.path / "secrets/shops/acme-whatsapp" / key).unlink()

    after = load(folder, before)

    assert after.tenants == before.tenants
    assert key in after.faults[0].reason
    assert load(folder).tenants == {}


def test_an_empty_secret_is_refused(folder: TenantFolder) -> None:
    folder.secret("acme-whatsapp", verifyToken="")

    assert (load(folder).tenants, len(load(folder).faults)) == ({}, 1)


def test_a_removed_manifest_ends_the_tenant(folder: TenantFolder) -> None:
    before = load(folder)
    (folder.path / "acme.yaml").unlink()

    assert load(folder, before).tenants == {}


def test_a_number_stays_with_the_tenant_that_had_it(folder: TenantFolder) -> None:
    before = load(folder)
    folder.tenant("aaa", ("111", "222"), ("999", "222"))

    after = load(folder, before)

    assert set(after.tenants) == {"shops.acme"}
    assert [(f.key, f.reason) for f in after.faults] == [
        ("shops.aaa", "number 111 belongs to shops.acme")
    ]


def test_a_number_claimed_by_two_at_once_goes_to_the_first_by_name(folder: TenantFolder) -> None:
    folder.tenant("aaa", ("111", "222"))

    assert set(load(folder).tenants) == {"shops.aaa"}


def test_a_tenant_that_reaches_for_anothers_number_keeps_its_own(folder: TenantFolder) -> None:
    folder.tenant("bodega", ("333", "444"))
    before = load(folder)
    folder.tenant("bodega", ("333", "444"), ("111", "222"))

    after = load(folder, before)

    assert after.tenants == before.tenants
    assert [f.key for f in after.faults] == ["shops.bodega"]


def test_a_number_given_up_may_be_taken(folder: TenantFolder) -> None:
    before = load(folder)
    folder.tenant("acme", ("112", "222"))
    folder.tenant("bodega", ("111", "444"))

    after = load(folder, before)

    assert {k: t.numbers[0].phone_number_id for k, t in after.tenants.items()} == {
        "shops.acme": "112",
        "shops.bodega": "111",
    }
    assert after.faults == ()


def test_a_tenant_declared_twice_is_served_once(folder: TenantFolder) -> None:
    folder.write("zzz.yaml", manifest("acme", ("777", "222")))

    loaded = load(folder)

    assert loaded.tenants["shops.acme"].numbers[0].phone_number_id == "111"
    assert [f.file for f in loaded.faults] == ["zzz.yaml"]


def test_an_app_secret_that_cannot_be_read_stays_as_it_was(folder: TenantFolder) -> None:
    folder.secret("meta-app", appSecret="platform", verifyToken="v")
    before = load(folder, app="shops/meta-app")
    (folder.path / "secrets/shops/meta-app/verifyToken").unlink()

    assert load(folder, before, app="shops/meta-app").app == before.app


def test_secrets_never_show_in_a_repr(folder: TenantFolder) -> None:
    folder.secret("meta-app", appSecret="platform", verifyToken="v-hush")

    shown = repr(load(folder, app="shops/meta-app"))

    assert not any(word in shown for word in ("secret-acme", "verify-acme", "token'", "hush"))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest):
        load(TenantFolder(tmp_path / "nowhere"))
