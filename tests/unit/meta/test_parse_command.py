"""`acuse events parse`: one line per update, whatever the file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from acuse.commands.parse import parse
from acuse.errors import TooManyUpdates
from acuse.meta.identity import mark

FIXTURES = Path(__file__).parents[2] / "fixtures" / "meta"


def lines(*arguments: str, stdin: bytes = b"") -> list[dict[str, Any]]:
    done = CliRunner().invoke(parse, [*arguments, "--json"], input=stdin, catch_exceptions=False)
    assert done.exit_code == 0
    return [json.loads(line) for line in done.output.splitlines()]


def test_an_update_is_one_line() -> None:
    assert lines(str(FIXTURES / "message.image.json")) == [
        {
            "event_id": "wamid.FIXIMAGE",
            "kind": "message.image",
            "field": "messages",
            "tenant": "100000000000001",
            "sender": "AR.7300000000000001",
            "ok": True,
            "error": None,
        }
    ]


def test_an_account_update_is_routed_by_its_account() -> None:
    (line,) = lines(str(FIXTURES / "account.message_template_status_update.json"))

    assert (line["tenant"], line["sender"], line["ok"]) == ("200000000000001", None, True)


def test_what_is_not_known_is_told_with_its_reason() -> None:
    (line,) = lines("-", stdin=b"not json")

    assert (line["kind"], line["ok"], line["error"]) == ("unknown", False, "malformed_json")


def test_without_json_it_is_for_reading() -> None:
    done = CliRunner().invoke(parse, [str(FIXTURES / "status.json")])

    assert f"wamid.OURS4:delivered:{mark('5491155550101')}  ok" in done.output


def test_a_batch_beyond_metas_maximum_is_refused() -> None:
    value = {"messages": [{"id": "a"}] * 1001}
    entry = {"changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    assert isinstance(CliRunner().invoke(parse, ["-"], input=body).exception, TooManyUpdates)
