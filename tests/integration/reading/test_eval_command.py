"""`acuse eval`: a folder of labelled documents, read by the real engines and compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from acuse.errors import InvalidRequest, NotFound
from acuse_lab.documents.catalogue import sample
from acuse_workers.commands.evaluate import evaluate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with an invoice that is labelled right, and one file of each other kind."""
    below = tmp_path / "documents" / "march"
    below.mkdir(parents=True)
    document = sample("factura-b")
    (below / "invoice.pdf").write_bytes(document.data)
    (below / "invoice.json").write_text(json.dumps(dict(document.truth)))
    (below / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (below / "broken.json").write_text('{"amount": "1.00"}')
    (below / "not-labelled.txt").write_text("ours")
    return below.parent


def test_what_is_right_and_what_is_not_is_counted(folder: Path) -> None:
    ran = CliRunner().invoke(evaluate, [str(folder), "--json"], catch_exceptions=False)

    found: dict[str, Any] = json.loads(ran.output)
    assert found["documents"] == 2
    assert found["fields"]["amount"]["right"] == 1
    assert found["fields"]["amount"]["count"] == 2
    assert found["fields"]["date"]["share"] == 1.0
    assert found["fields"]["date"]["interval95"][0] < 0.5
    assert found["errors"] == {"document_broken": 1}
    assert found["seconds"]["p95"] >= found["seconds"]["median"] > 0
    [missed] = found["misses"]
    assert missed.startswith("broken.jpg document_broken")


def test_people_get_a_table_and_what_was_missed(folder: Path) -> None:
    label = folder / "march" / "invoice.json"
    label.write_text(json.dumps({**dict(sample("factura-b").truth), "amount": "76799.91"}))

    ran = CliRunner().invoke(evaluate, [str(folder), "--misses"], catch_exceptions=False)

    assert ran.exit_code == 0
    lines = ran.output.splitlines()
    [amount] = [line for line in lines if line.startswith("amount ")]
    assert amount.split()[1:3] == ["0/2", "0.000"]
    assert any(line.startswith("2 documents, ") for line in lines)
    assert any("'76799.91' read as '76799.90'" in line for line in lines)


def test_a_folder_without_labels_and_a_label_that_is_none_are_said(tmp_path: Path) -> None:
    (tmp_path / "ticket.jpg").write_bytes(sample("ticket").data)
    with pytest.raises(NotFound, match="beside it"):
        CliRunner().invoke(evaluate, [str(tmp_path)], catch_exceptions=False)

    (tmp_path / "ticket.json").write_text("{}")
    with pytest.raises(InvalidRequest, match=r"ticket\.json: "):
        CliRunner().invoke(evaluate, [str(tmp_path)], catch_exceptions=False)
