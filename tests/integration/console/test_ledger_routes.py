"""Importing and listing the ledger over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.console_world import World, csv_of

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "ledger.csv"
CSV = {"Content-Type": "text/csv; charset=utf-8"}


def test_the_documented_file_is_imported_once(world: World) -> None:
    answers = [
        world.acme.post("/ledger/imports", content=EXAMPLE.read_bytes(), headers=CSV) for _ in "ab"
    ]

    assert [each.json() for each in answers] == [
        {"added": 3, "known": 0, "matched": 0},
        {"added": 0, "known": 3, "matched": 0},
    ]


def test_json_lines_follow_the_same_rules(world: World) -> None:
    line = {"date": "10/03/2026", "amount": "-1.234,50", "description": "Kiosco"}

    good = world.acme.post("/ledger/imports", json={"transactions": [line, line]})
    bad = world.acme.post("/ledger/imports", json={"transactions": [line, {**line, "amount": "x"}]})

    assert good.json() == {"added": 2, "known": 0, "matched": 0}
    assert bad.status_code == 422
    assert bad.json()["faults"] == [{"line": 2, "code": "amount_invalid", "column": "amount"}]


def test_a_payment_that_was_missing_matches_the_receipt_that_waited(world: World) -> None:
    answer = world.acme.post(
        "/ledger/imports", content=csv_of("2026-03-10,-1230.00,YPF,x1"), headers=CSV
    )

    assert answer.json() == {"added": 1, "known": 0, "matched": 1}
    shown = world.acme.get(f"/receipts/{world.waiting}").json()
    assert shown["receipt"]["status"] == "matched"
    assert shown["match"]["transaction"]["external_id"] == "x1"
    assert shown["review"] is None


def test_a_bad_file_imports_nothing_and_is_not_echoed(world: World) -> None:
    before = world.acme.get("/ledger/transactions").json()

    answer = world.acme.post(
        "/ledger/imports",
        content=csv_of("2026-03-10,5,Kiosco,a", "SECRET,5,Kiosco,b"),
        headers=CSV,
    )

    assert answer.status_code == 422
    assert answer.json() == {
        "code": "ledger_invalid",
        "detail": "nothing was imported; line 3: date_invalid",
        "faults": [{"line": 3, "code": "date_invalid", "column": "date"}],
    }
    assert world.acme.get("/ledger/transactions").json() == before


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 422, "invalid_request"),
        (b'{"transactions": [], "SECRET": 1}', "application/json", 422, "invalid_request"),
        (b'{"transactions": [{"date": "SECRET"}]}', "application/json", 422, "invalid_request"),
        (b'{"transactions": "SECRET"}', "application/json", 422, "invalid_request"),
        (b"\xff\xfe", "application/json", 422, "invalid_request"),
        (b'"' + b"[" * 100_000, "application/json", 422, "invalid_request"),
        (b'{"transactions": ' + b"[" * 100_000, "application/json", 422, "invalid_request"),
        (b"", "text/csv", 422, "ledger_invalid"),
        (b"SECRET", "text/plain", 415, "content_type_unsupported"),
        (b"SECRET", "", 415, "content_type_unsupported"),
        (b"x" * (5 * 1024 * 1024 + 1), "text/csv", 413, "body_too_large"),
    ],
    ids=["broken", "unknown field", "missing", "type", "encoding", "open", "deep", "empty",
         "text", "no type", "large"],
)  # fmt: skip
def test_what_is_no_ledger_is_refused_with_a_code(
    world: World, body: bytes, kind: str, status: int, code: str
) -> None:
    answer = world.acme.post("/ledger/imports", content=body, headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "SECRET" not in answer.text


def test_pages_show_every_transaction_once(world: World) -> None:
    lines = [f"2026-0{1 + n % 3}-10,{n}.00,Line,n{n}" for n in range(1, 24)]
    world.acme.post("/ledger/imports", content=csv_of(*lines), headers=CSV)

    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        parameters = {"limit": "5", **({"cursor": cursor} if cursor else {})}
        page = world.acme.get("/ledger/transactions", params=parameters).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break

    assert len({each["id"] for each in seen}) == len(seen) == 25
    days = [each["posted_on"] for each in seen]
    assert days == sorted(days, reverse=True)


def test_filters_narrow_the_list(world: World) -> None:
    def amounts(**wanted: str) -> set[str]:
        answer = world.acme.get("/ledger/transactions", params=wanted)
        assert answer.status_code == 200, answer.text
        return {each["amount"] for each in answer.json()["items"]}

    assert amounts() == {"-1234.50", "-1231.00"}
    assert amounts(matched="true") == {"-1234.50"}
    assert amounts(matched="false") == {"-1231.00"}
    assert amounts(currency="USD") == set()
    assert amounts(posted_from="2026-03-11", posted_to="2026-03-11") == amounts()
    assert amounts(posted_from="2026-03-12") == amounts(posted_to="2026-03-10") == set()


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "cursor=SECRET", "cursor=%00", "currency=pesos",
     "posted_from=SECRET", "matched=SECRET", "cursor=kw", "cursor="],
)  # fmt: skip
def test_a_parameter_that_is_not_valid_is_named_but_not_repeated(world: World, query: str) -> None:
    answer = world.acme.get(f"/ledger/transactions?{query}")

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert query.partition("=")[0] in answer.json()["detail"]
    assert "SECRET" not in answer.text


@pytest.mark.parametrize("query", ["matchd=true", "limit=1&limit=2", "=", "status=matched"])
def test_a_filter_that_the_list_does_not_have_is_refused(world: World, query: str) -> None:
    answer = world.acme.get(f"/ledger/transactions?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_amounts_are_text_with_two_decimals(world: World) -> None:
    (line,) = world.acme.get("/ledger/transactions", params={"matched": "true"}).json()["items"]

    assert line["amount"] == "-1234.50"
    assert line["receipt_id"] == str(world.matched)
    assert json.loads(json.dumps(line))["currency"] == "ARS"
