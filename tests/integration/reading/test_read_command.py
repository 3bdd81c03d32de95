"""`acuse read`: one line per file, errors in their own line, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from acuse.errors import NotFound
from acuse_lab.documents.catalogue import sample
from acuse_workers.commands.read import read

KEYS = [
    "file", "kind", "date", "amount", "currency", "vendor", "tax_id", "number", "category",
    "receiver_tax_id", "cae", "cae_expires", "time", "tip", "payment_method", "card_tail",
    "items", "taxes", "transfer", "slips", "others", "confidence", "decision", "engine", "seconds",
    "error",
]  # fmt: skip


TICKET = (
    "ALMACEN LA QUIMERA S.A.",
    "C.U.I.T. Nro.: 30-99000002-2",
    "IVA RESPONSABLE INSCRIPTO",
    "A CONSUMIDOR FINAL",
    "TIQUE (Cod. 083)",
    "P.V. Nro. 00012   Nro. T. 00034567",
    "Fecha 17/10/2026   Hora 18:42",
    "YERBA MATE 1 KG   16.416,74",
    "TOTAL   $ 16.416,74",
)


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    document = sample("factura-b")
    path = tmp_path / document.filename
    path.write_bytes(document.data)
    return path


def test_each_file_has_its_line_in_the_order_given(invoice: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff nothing")

    result = CliRunner().invoke(
        read, [str(broken), str(invoice), str(tmp_path / "missing"), "--json", "--jobs", "2"]
    )

    answers = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 1
    assert [list(answer) for answer in answers] == [KEYS] * 3
    assert [answer["error"] and answer["error"]["code"] for answer in answers] == [
        "document_broken",
        None,
        "document_broken",
    ]
    assert answers[1]["file"] == str(invoice)
    assert {k: answers[1][k] for k in sample("factura-b").truth} == dict(sample("factura-b").truth)
    assert answers[0]["amount"] is None
    assert answers[0]["items"] == []


def test_files_that_can_all_be_read_end_well(invoice: Path) -> None:
    result = CliRunner().invoke(read, ["--json", str(invoice)])

    assert result.exit_code == 0
    assert json.loads(result.output)["seconds"] > 0


def test_people_get_a_table(invoice: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(read, [str(invoice), str(tmp_path / "missing")])

    assert result.exit_code == 1
    assert "factura_b" in result.output
    assert "76799.90" in result.output
    assert "Toner alternativo negro" in result.output
    assert "document_broken" in result.output


def test_of_a_folder_all_documents_below_it_are_read(invoice: Path, tmp_path: Path) -> None:
    below = tmp_path / "all" / "march"
    below.mkdir(parents=True)
    for name in ("b.pdf", "a.pdf", "label.json", ".hidden.pdf"):
        (below / name).write_bytes(invoice.read_bytes())

    result = CliRunner().invoke(read, ["--json", str(invoice), str(below.parent)])

    answers = [json.loads(line) for line in result.output.splitlines()]
    named = [Path(answer["file"]) for answer in answers]
    assert named == [invoice, below / "a.pdf", below / "b.pdf"]
    assert {answer["amount"] for answer in answers} == {"76799.90"}


def test_a_folder_without_documents_is_said(tmp_path: Path) -> None:
    (tmp_path / "label.json").write_text("{}")

    with pytest.raises(NotFound, match="no document in"):
        CliRunner().invoke(read, [str(tmp_path)], catch_exceptions=False)


@pytest.mark.parametrize("name", ["ticket", "factura-b"])
def test_what_was_read_is_drawn_where_it_stands(name: str, tmp_path: Path) -> None:
    document = sample(name)
    path = tmp_path / document.filename
    path.write_bytes(document.data)
    missing, drawn = tmp_path / "missing", tmp_path / "drawn"

    result = CliRunner().invoke(
        read, ["--json", "--explain", str(drawn), str(missing), str(path)], catch_exceptions=False
    )

    assert json.loads(result.output.splitlines()[1])["amount"] == document.truth["amount"]
    # Of what cannot be read there is nothing to see.
    assert [file.name for file in drawn.iterdir()] == [f"002-{document.filename}.png"]
    with Image.open(next(drawn.iterdir())) as picture:
        assert picture.format == "PNG"
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    vivid = pixels[np.ptp(pixels, axis=1) > 100]
    coloured = {tuple(colour) for colour in vivid.tolist()}
    # A box in the colour of the amount, and of others.
    assert (200, 32, 32) in coloured
    assert len(coloured) >= 4


def test_a_page_in_the_middle_is_drawn_where_something_was_read_from_it(tmp_path: Path) -> None:
    path, drawn = tmp_path / "long.pdf", tmp_path / "drawn"
    paper = Canvas(str(path))
    for page in range(1, 8):
        for row, line in enumerate(TICKET if page == 5 else ("Anexo", "Condiciones de venta")):
            paper.drawString(72, 700 - 20 * row, line)
        paper.showPage()
    paper.save()

    ran = CliRunner().invoke(read, ["--json", "--explain", str(drawn), str(path)])

    assert json.loads(ran.output)["amount"] == "16416.74"
    with Image.open(drawn / "001-long.pdf.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    # As a box on its page, and not only in the list below.
    assert int((pixels == (200, 32, 32)).all(axis=1).sum()) > 21 * 21


def test_a_file_must_be_named() -> None:
    assert CliRunner().invoke(read, []).exit_code == 2


def test_a_file_whose_name_is_no_text_is_read_all_the_same(invoice: Path) -> None:
    odd = invoice.rename(invoice.with_name(os.fsdecode(b"n\xff.pdf")))

    result = CliRunner().invoke(read, ["--json", str(odd)])

    assert result.exit_code == 0
    assert json.loads(result.output)["file"].endswith("/n\ufffd.pdf")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    result = CliRunner().invoke(read, ["--json", str(tmp_path / "pipe")])

    assert json.loads(result.output)["error"]["code"] == "document_broken"


def test_it_ends_when_nobody_reads_its_answers_any_more(invoice: Path) -> None:
    files = [str(invoice)] * 4
    with subprocess.Popen(
        [sys.executable, "-m", "acuse", "read", "--json", *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.readline()
        program.stdout.close()

        assert program.wait(timeout=60) == 1
        assert b"Traceback" not in program.stderr.read()
