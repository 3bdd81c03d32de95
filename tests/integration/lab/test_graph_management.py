"""The fake's part that sets numbers up: reading, overrides, subscriptions, the hourly budget."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from acuse.errors import InvalidRequest, InvalidSettings
from acuse_lab.graph import inbound
from acuse_lab.graph.contract import AccountModes, Change, Registration, SendFault
from acuse_lab.graph.management import USAGE_HEADER
from acuse_lab.graph.reach import Reach
from acuse_lab.graph.server import RunningGraph, running_graph
from acuse_lab.graph.tls import trust
from support.authority import lab_authority
from support.graph_numbers import ACME, ANA, NUMBER_ID, OTHER, OTHER_ID, TOKEN, to_ana
from support.webhook_receiver import Receiver, receiving

WABA = ACME.waba_id
HOUR = 3600.0


@dataclass(slots=True)
class Bench:
    """A fake with a number, a caller with its token, and two addresses."""

    fake: RunningGraph
    meta: httpx.AsyncClient
    app: Receiver
    own: Receiver

    async def configure(self, **webhook: Any) -> httpx.Response:
        return await self.meta.post(f"/v26.0/{NUMBER_ID}", json={"webhook_configuration": webhook})

    async def override(self) -> httpx.Response:
        return await self.configure(
            override_callback_uri=self.own.url, verify_token=self.own.verify_token
        )

    async def look(self, fields: str | None = None) -> httpx.Response:
        params = {"fields": fields} if fields else {}
        return await self.meta.get(f"/v26.0/{NUMBER_ID}", params=params)

    async def where(self) -> Registration:
        return await self.fake.lab.registration(NUMBER_ID)

    async def hear(self) -> None:
        await self.fake.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
        await self.fake.lab.drain()


def code(answer: httpx.Response) -> int:
    found: dict[str, Any] = answer.json()["error"]
    return int(found["code"])


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with running_graph() as fake, receiving() as app, receiving() as own:
        for spec in (ACME, OTHER):
            await fake.lab.register(spec)
        await fake.lab.set_app_callback(url=app.url, verify_token=app.verify_token)
        async with httpx.AsyncClient(
            base_url=fake.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        ) as meta:
            yield Bench(fake, meta, app, own)


async def test_a_number_answers_the_fields_that_were_asked_for(bench: Bench) -> None:
    answer = await bench.look("display_phone_number,verified_name,webhook_configuration")

    assert answer.json() == {
        "display_phone_number": ACME.display_phone_number,
        "verified_name": ACME.verified_name,
        "webhook_configuration": {"application": bench.app.url},
        "id": NUMBER_ID,
    }


async def test_without_fields_a_number_answers_metas_usual_ones(bench: Bench) -> None:
    usual = (await bench.look()).json()

    assert usual.keys() >= {"verified_name", "quality_rating", "webhook_configuration", "id"}
    assert "status" not in usual


async def test_a_field_that_a_number_does_not_have_is_refused(bench: Bench) -> None:
    answer = await bench.look("id,waba_id")

    assert code(answer) == 100
    assert "nonexisting field (waba_id)" in answer.json()["error"]["message"]


async def test_a_number_is_read_with_its_own_token_only(bench: Bench) -> None:
    foreign = await bench.meta.get(f"/v26.0/{OTHER_ID}", params={"fields": "id"})
    stranger = await bench.meta.get(
        f"/v26.0/{NUMBER_ID}", headers={"Authorization": "Bearer nobody"}
    )

    assert (code(foreign), foreign.json()["error"]["error_subcode"]) == (100, 33)
    assert code(stranger) == 190


async def test_an_override_takes_the_messages_and_leaves_the_rest_to_the_app(bench: Bench) -> None:
    assert (await bench.override()).json() == {"success": True}
    await bench.hear()
    await bench.fake.lab.send_batch(
        changes=[
            Change(phone_number_id=NUMBER_ID, field=field, value={"n": field})
            for field in ("message_template_status_update", "account_update", "calls")
        ]
    )
    await bench.fake.lab.drain()

    assert [m["text"]["body"] for m in bench.own.messages()] == ["hola"]
    assert [v.get("n") for d in bench.own.delivered for v in d.values()] == [None, "calls"]
    assert [v["n"] for d in bench.app.delivered for v in d.values()] == [
        "message_template_status_update",
        "account_update",
    ]
    assert all(d.is_signed_with(ACME.app_secret) for d in bench.own.delivered)


async def test_statuses_follow_the_override(bench: Bench) -> None:
    await bench.override()
    await bench.hear()
    await bench.meta.post(f"/v26.0/{NUMBER_ID}/messages", json=to_ana("text", {"body": "sí"}))
    await bench.fake.lab.advance(60)

    assert len(bench.own.statuses()) == 3
    assert bench.app.delivered == []


async def test_an_empty_address_takes_the_override_away(bench: Bench) -> None:
    await bench.override()
    assert (await bench.configure(override_callback_uri="")).json() == {"success": True}
    await bench.hear()

    assert (await bench.where()).override is None
    assert (len(bench.app.messages()), len(bench.own.messages())) == (1, 0)


async def test_the_accounts_override_comes_after_the_numbers_and_before_the_app(
    bench: Bench,
) -> None:
    async with receiving() as account:
        asked = {"override_callback_uri": account.url, "verify_token": account.verify_token}
        answer = await bench.meta.post(f"/v26.0/{WABA}/subscribed_apps", json=asked)
        assert answer.json() == {"success": True}
        await bench.hear()
        await bench.override()
        await bench.hear()

        [app] = (await bench.meta.get(f"/v26.0/{WABA}/subscribed_apps")).json()["data"]
        assert app["override_callback_uri"] == account.url
        assert app["whatsapp_business_api_data"]["id"] == ACME.app_id
        assert (len(account.messages()), len(bench.own.messages())) == (1, 1)
        assert (await bench.look("webhook_configuration")).json()["webhook_configuration"] == {
            "phone_number": bench.own.url,
            "whatsapp_business_account": account.url,
            "application": bench.app.url,
        }


async def test_subscribing_without_a_body_takes_the_accounts_override_away(bench: Bench) -> None:
    asked = {"override_callback_uri": bench.own.url, "verify_token": bench.own.verify_token}
    await bench.meta.post(f"/v26.0/{WABA}/subscribed_apps", json=asked)
    await bench.meta.post(f"/v26.0/{WABA}/subscribed_apps")

    assert (await bench.where()).account_override is None


async def test_an_app_that_is_not_subscribed_gets_nothing_and_can_override_nothing(
    bench: Bench,
) -> None:
    await bench.meta.delete(f"/v26.0/{WABA}/subscribed_apps")
    await bench.hear()
    refused = await bench.override()

    assert bench.app.delivered == []
    assert (await bench.meta.get(f"/v26.0/{WABA}/subscribed_apps")).json() == {"data": []}
    assert code(refused) == 100
    assert "must be subscribed" in refused.json()["error"]["message"]

    await bench.meta.post(f"/v26.0/{WABA}/subscribed_apps")
    assert (await bench.override()).is_success


async def test_an_account_is_opened_by_the_tokens_of_its_numbers_only(bench: Bench) -> None:
    answer = await bench.meta.get(f"/v26.0/{OTHER.waba_id}/subscribed_apps")

    assert (code(answer), answer.json()["error"]["error_subcode"]) == (100, 33)


async def test_an_address_must_answer_the_challenge(bench: Bench) -> None:
    refused = await bench.configure(override_callback_uri=bench.own.url, verify_token="wrong")
    silent = await bench.configure(override_callback_uri="http://127.0.0.1:1/", verify_token="x")

    assert [code(refused), code(silent)] == [2200, 2200]
    assert "HTTP Status Code = 403" in refused.json()["error"]["message"]
    assert (await bench.where()).override is None


@pytest.mark.parametrize(
    "webhook",
    [
        {"override_callback_uri": "https://x.example/" + "a" * 183, "verify_token": "x"},
        {"override_callback_uri": "https://x.example/"},
        {"override_callback_uri": "http://hooks.example/", "verify_token": "x"},
        {"override_callback_uri": "http://10.77.0.2/", "verify_token": "x"},
        {"override_callback_uri": "hooks.example", "verify_token": "x"},
        {"override_callback_uri": "", "callback": "x"},
        {},
    ],
    ids=["201 chars", "no token", "http", "http to a private net", "no URL", "unknown", "empty"],
)
async def test_what_meta_would_not_take_is_refused_before_anything_is_asked(
    bench: Bench, webhook: dict[str, str]
) -> None:
    assert code(await bench.configure(**webhook)) == 100


async def test_a_body_that_changes_nothing_known_is_refused(bench: Bench) -> None:
    assert code(await bench.meta.post(f"/v26.0/{NUMBER_ID}", json={"status": "x"})) == 100
    assert code(await bench.meta.post(f"/v26.0/{NUMBER_ID}", content=b"{}")) == 100


async def test_two_hundred_calls_an_hour_are_answered(bench: Bench) -> None:
    for _ in range(199):
        assert (await bench.look("id")).is_success
    assert (await bench.override()).is_success
    limited = await bench.look("id")
    elsewhere = await bench.meta.get(
        f"/v26.0/{OTHER_ID}", headers={"Authorization": f"Bearer {OTHER.tokens[0]}"}
    )

    assert code(limited) == 80007
    [used] = msgspec.json.decode(limited.headers[USAGE_HEADER])[WABA]
    assert 59 <= used["estimated_time_to_regain_access"] <= 61
    assert elsewhere.is_success
    seen = await bench.fake.lab.management(NUMBER_ID)
    assert (seen.looks, seen.changes, seen.limited) == (199, 1, 1)
    assert (seen.used_in_hour, seen.limit) == (200, 200)


async def test_the_budget_comes_back_after_an_hour_and_can_be_larger(bench: Bench) -> None:
    await bench.fake.lab.set_account_modes(WABA, AccountModes(management_calls_per_hour=1))
    assert [(await bench.look("id")).is_success for _ in "ab"] == [True, False]
    await bench.fake.lab.advance(HOUR)
    assert (await bench.look("id")).is_success
    await bench.fake.lab.set_account_modes(WABA, AccountModes(management_calls_per_hour=2))
    assert (await bench.look("id")).is_success


async def test_somebody_else_can_set_and_clear_the_override_unasked(bench: Bench) -> None:
    await bench.fake.lab.set_override(NUMBER_ID, "https://thief.example/")
    shown = (await bench.look("webhook_configuration")).json()["webhook_configuration"]
    assert shown["phone_number"] == "https://thief.example/"

    await bench.fake.lab.set_override(NUMBER_ID, None)
    assert (await bench.where()).override is None
    assert (await bench.fake.lab.management(NUMBER_ID)).changes == 0


async def test_a_revoked_token_is_refused_until_the_number_has_a_new_one(bench: Bench) -> None:
    await bench.fake.lab.revoke(NUMBER_ID)
    assert [code(await bench.look("id")), code(await bench.override())] == [190, 190]

    await bench.fake.lab.register(ACME)
    assert (await bench.look("id")).is_success


async def test_looks_and_changes_fail_as_scripted(bench: Bench) -> None:
    await bench.fake.lab.script(
        NUMBER_ID,
        SendFault(on="look", how="error", code=2),
        SendFault(on="change", how="empty", http_status=502),
    )

    assert code(await bench.look("id")) == 2
    assert (await bench.override()).status_code == 502
    assert (await bench.where()).override is None
    assert (await bench.override()).is_success


async def test_a_change_may_be_made_and_never_answered(bench: Bench) -> None:
    await bench.fake.lab.script(NUMBER_ID, SendFault(on="change", how="cut_after_accept"))
    with pytest.raises(httpx.RemoteProtocolError):
        await bench.override()

    assert (await bench.where()).override == bench.own.url


async def test_a_call_can_hang_or_be_slow(bench: Bench) -> None:
    await bench.fake.lab.script(
        NUMBER_ID,
        SendFault(on="look", how="hang_after_accept"),
        SendFault(on="look", how="slow", seconds=0.2),
    )
    with pytest.raises(httpx.ReadTimeout):
        await bench.meta.get(f"/v26.0/{NUMBER_ID}", timeout=0.2)
    answer = await bench.look("id")

    assert answer.json() == {"id": NUMBER_ID}
    assert answer.elapsed.total_seconds() >= 0.2


async def test_plain_http_to_a_private_network_is_taken_where_the_lab_allows_it() -> None:
    reach = Reach(plain_http="private", names={"hooks.region.example": "127.0.0.1"})
    async with running_graph(reach=reach) as fake, receiving() as own:
        await fake.lab.register(ACME)
        url = own.url.replace("127.0.0.1", "hooks.region.example")
        asked = {"override_callback_uri": url, "verify_token": own.verify_token}
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as meta:
            answer = await meta.post(
                f"{fake.url}/v26.0/{NUMBER_ID}", json={"webhook_configuration": asked}
            )
        await fake.lab.send(NUMBER_ID, ANA, inbound.text("hola"))
        await fake.lab.drain()

        assert answer.json() == {"success": True}
        assert len(own.messages()) == 1


async def test_names_can_be_said_later(bench: Bench) -> None:
    url = bench.own.url.replace("127.0.0.1", "hooks.region.example")
    asked = {"override_callback_uri": url, "verify_token": bench.own.verify_token}
    assert code(await bench.configure(**asked)) == 100

    await bench.fake.lab.set_names({"hooks.region.example": "127.0.0.1"})
    assert (await bench.configure(**asked)).is_success
    with pytest.raises(InvalidRequest):
        await bench.fake.lab.set_names({"hooks.region.example": "nowhere"})


async def test_a_file_is_fetched_at_the_address_that_its_caller_uses(bench: Bench) -> None:
    info = await bench.fake.lab.add_media(NUMBER_ID, b"%PDF-1.4", mime_type="application/pdf")
    port = bench.fake.url.rpartition(":")[2]
    path = f"/v26.0/{info.id}"

    as_bridge = await bench.meta.get(path, headers={"Host": f"10.77.0.1:{port}"})
    assert as_bridge.json()["url"].startswith(f"http://10.77.0.1:{port}/")


async def test_a_base_url_that_was_given_is_every_callers() -> None:
    async with running_graph(reach=Reach(base_url="http://graph.lab.example:8123/")) as fake:
        await fake.lab.register(ACME)
        info = await fake.lab.add_media(NUMBER_ID, b"%PDF-1.4", mime_type="application/pdf")
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as meta:
            answer = await meta.get(f"{fake.lab.url}/v26.0/{info.id}")

    assert fake.url == "http://graph.lab.example:8123"
    assert answer.json()["url"].startswith(f"{fake.url}/whatsapp_business/")


async def test_https_callbacks_are_checked_against_the_authorities_given(tmp_path: Path) -> None:
    authority = lab_authority(tmp_path, host="hooks.region.example")
    names = {"hooks.region.example": "127.0.0.1", "other.example": "127.0.0.1"}
    async with receiving(tls=authority.server) as own:
        port = own.url.split(":")[2]
        for ca_file, host, expected in (
            (authority.ca_file, "hooks.region.example", None),
            (authority.ca_file, "other.example", 2200),
            (None, "hooks.region.example", 2200),
        ):
            reach = Reach(ca_file=ca_file, names=names)
            async with running_graph(reach=reach) as fake:
                await fake.lab.register(ACME)
                webhook = {
                    "override_callback_uri": f"https://{host}:{port}",
                    "verify_token": own.verify_token,
                }
                async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as meta:
                    answer = await meta.post(
                        f"{fake.url}/v26.0/{NUMBER_ID}", json={"webhook_configuration": webhook}
                    )
            assert answer.json().get("error", {}).get("code") == expected


def test_a_file_without_authorities_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(InvalidSettings, match=r"ca\.pem"):
        trust(tmp_path / "ca.pem")
