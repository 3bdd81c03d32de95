"""`acuse events`: what a person can see and move, and what stays unseen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from acuse.commands.events import events
from acuse.errors import AcuseError, EventNotFound, EventStateConflict
from acuse.events.claimed import log_id
from support.databases import Database
from support.events import OTHER, NewEvent, add_events, query, states

SECRET = "palabras privadas"
STATE = """
    UPDATE acuse.webhook_events
       SET status = %s, reason = 'graph_unavailable', retries = 3, lost_leases = 1, step = 'fetch',
           processed_at = CASE WHEN %s IN ('processed', 'ignored', 'dead') THEN now() END,
           lease_until = CASE WHEN %s = 'processing' THEN now() END
     WHERE event_id = %s
"""


class Cli:
    """The command line against one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._runner = CliRunner(env={"ACUSE_DATABASE_URL": database.url})

    def run(self, *words: str) -> Result:
        """Run `acuse events WORDS…`; an error raised on purpose is raised here."""
        result = self._runner.invoke(events, words)
        if isinstance(result.exception, AcuseError):
            raise result.exception
        return result

    def json(self, *words: str) -> list[dict[str, Any]]:
        """Run a command that prints JSON lines."""
        return [json.loads(line) for line in self.run(*words, "--json").output.splitlines()]

    def put(self, status: str, event_id: str = "e1", **more: Any) -> None:
        """Store an event and bring it into a state."""
        new = NewEvent(event_id, lane=event_id, payload={"message": {"text": SECRET}})
        add_events(self.database.owner_url, [replace(new, **more)])
        if status != "received":
            query(self.database.owner_url, STATE, status, status, status, event_id)


@pytest.fixture
def cli(database: Database) -> Cli:
    return Cli(database)


def test_events_are_listed_by_tenant_status_and_kind(cli: Cli) -> None:
    cli.put("dead", "a")
    cli.put("received", "b", kind="status")
    cli.put("received", "c", tenant=OTHER)

    assert {e["event_id"] for e in cli.json("list")} == {"a", "b", "c"}
    assert [e["event_id"] for e in cli.json("list", "--status", "dead")] == ["a"]
    assert [e["event_id"] for e in cli.json("list", "--kind", "status")] == ["b"]
    assert [e["event_id"] for e in cli.json("list", "--tenant", "other.test")] == ["c"]
    assert len(cli.json("list", "--limit", "2")) == 2
    assert "graph_unavailable" in cli.run("list").output


def test_what_an_event_says_is_shown_only_when_asked_for(cli: Cli) -> None:
    cli.put("dead")

    shown = [cli.run("show", "e1").output, cli.run("show", "e1", "--json").output]
    shown.append(cli.run("list", "--json").output)

    assert not any(SECRET in output for output in shown)
    assert "graph_unavailable" in shown[0]
    assert json.loads(shown[1])["event"]["status"] == "dead"
    assert SECRET in cli.run("show", "e1", "--payload").output


def test_an_event_is_found_by_the_id_that_logs_know_it_by(cli: Cli) -> None:
    cli.put("dead")

    assert log_id("e1") not in "e1"
    assert json.loads(cli.run("show", log_id("e1"), "--json").output)["event"]["event_id"] == "e1"


def test_an_event_is_moved_by_the_id_that_logs_know_it_by(cli: Cli) -> None:
    cli.put("dead")
    cli.put("dead", "other")

    assert cli.run("retry", log_id("e1"), "other").output == "received e1\nreceived other\n"
    assert SECRET in cli.run("show", log_id("e1"), "--payload").output


def test_an_id_of_two_tenants_asks_which_one(cli: Cli) -> None:
    cli.put("dead")
    cli.put("received", tenant=OTHER)

    with pytest.raises(EventStateConflict, match="--tenant"):
        cli.run("show", "e1")

    assert "received" in cli.run("show", "e1", "--tenant", "other.test").output


@pytest.mark.parametrize(
    ("status", "step"), [("failed", "fetch"), ("dead", "fetch"), ("ignored", None)]
)
def test_an_event_is_tried_again_where_it_was_with_a_fresh_count(
    cli: Cli, status: str, step: str | None
) -> None:
    cli.put(status)

    assert cli.run("retry", "e1").output == "received e1\n"

    assert query(
        cli.database.owner_url,
        "SELECT status, step, retries, lost_leases, reason, processed_at, run_at <= now()"
        " FROM acuse.webhook_events",
    ) == [("received", step, 0, 0, None, None, True)]


@pytest.mark.parametrize("status", ["received", "failed", "dead"])
def test_an_event_is_discarded_with_the_reason_kept(cli: Cli, status: str) -> None:
    cli.put(status)

    cli.run("discard", "e1", "--why", "spam")

    assert query(
        cli.database.owner_url, "SELECT status, reason, detail FROM acuse.webhook_events"
    ) == [("ignored", "discarded", "spam")]


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("retry", "processed"),
        ("retry", "processing"),
        ("discard", "processing"),
        ("discard", "processed"),
    ],
)
def test_an_event_in_another_state_is_left_alone(cli: Cli, command: str, status: str) -> None:
    cli.put("dead", "other")
    cli.put(status)
    why = ["--why", "x"] if command == "discard" else []

    with pytest.raises(EventStateConflict, match=status):
        cli.run(command, "e1", "other", *why)

    assert states(cli.database.owner_url) == {"e1": status, "other": "dead"}


def test_an_unknown_id_is_told(cli: Cli) -> None:
    for words in (["show", "x"], ["show", "x", "--payload"], ["retry", "x"]):
        with pytest.raises(EventNotFound):
            cli.run(*words)


def test_many_are_moved_by_filters_only_when_all_is_said(cli: Cli) -> None:
    for n in range(3):
        cli.put("dead", f"d{n}")
    cli.put("failed", "f")

    assert cli.run("retry", "--status", "dead").exit_code == 2
    assert cli.run("retry", "--all", "--status", "dead").output.count("received") == 3

    assert states(cli.database.owner_url)["f"] == "failed"


def test_a_webhook_body_can_be_taken_apart_here(cli: Cli) -> None:
    assert "parse" in cli.run("--help").output
