"""Confidences are shares of right fields, on made-up documents that nothing was fitted on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import pytest

from acuse.reading.calibration import NOTHING, Curve, calibrated
from acuse.reading.curves import CURVES
from acuse.reading.decision import THRESHOLDS, Decision, decide
from acuse.reading.scoring import Share, all_right, judge
from acuse.reading.wire import contract_of
from support.calibrating import FIELDS, Scored, curves, expected_error
from support.recognised import documents
from support.reliability import DIAGRAM, DOCUMENT, ENGINES, checked, drawn

# Too few to be measured by bins. What is no receipt, or cannot be read at all, is so by intent.
RARE = {"ppocr": {NOTHING, "card_tail"}, "tesseract": {NOTHING, "card_tail", "cae_expires"}}
EACH = [(engine, field) for engine in ENGINES for field in (*FIELDS, DOCUMENT)]


@cache
def scores(engine: str) -> Mapping[str, Sequence[Scored]]:
    """Return the scores of the documents that were kept to check with."""
    return checked(engine)


@pytest.mark.parametrize(("engine", "field"), EACH)
def test_so_many_fields_are_right_as_their_confidences_say(engine: str, field: str) -> None:
    found = scores(engine)[field]
    expected = sum(score.confidence for score in found)
    spread = math.sqrt(sum(s.confidence * (1 - s.confidence) for s in found))

    # Three standard deviations of what chance alone would do, and a document for the curve's own.
    assert abs(sum(score.is_right for score in found) - expected) <= 3 * spread + 1
    if field in RARE.get(engine, ()):
        return
    assert len(found) > 20
    assert expected_error(found) <= 0.12


def test_what_is_accepted_without_a_person_is_right() -> None:
    accepted, wrong, count = 0, 0, 0
    for seen in documents("check", "ppocr"):
        reading = calibrated(seen.reading("ppocr"))
        count += 1
        if decide(reading, THRESHOLDS) is Decision.AUTO:
            accepted += 1
            wrong += not all_right(judge(seen.known(), contract_of(reading)))

    # More than half of these were worn until they are hardly legible.
    assert accepted / count >= 0.5
    assert wrong / accepted <= 0.01, Share(wrong, accepted).interval


def test_the_curves_are_what_fitting_gives() -> None:
    fitted = curves()

    assert fitted.keys() == CURVES.keys()
    for engine, fields in fitted.items():
        for field, curve in fields.items():
            assert curve == pytest.approx(CURVES[engine][field], abs=0.02), (engine, field)


def test_curves_keep_the_order() -> None:
    for fields in CURVES.values():
        for slope, offset in fields.values():
            shares = [Curve(slope, offset)(step / 50) for step in range(51)]
            assert shares == sorted(shares)
            assert 0 < shares[0] <= shares[-1] < 1


def test_the_diagram_is_of_these_documents() -> None:
    assert DIAGRAM.read_text() == drawn({engine: scores(engine) for engine in ENGINES})
