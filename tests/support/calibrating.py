"""Fits the curves of acuse.reading.calibration, and tells how well confidences hold.

`PYTHONPATH=tests python -m support.calibrating` writes core/acuse/reading/curves.py, from the
made-up documents of tests/fixtures/recognised and the scores of real ones beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import acuse.reading
from acuse.reading.calibration import NOTHING, logit
from acuse.reading.scoring import judge
from acuse.reading.values import DocumentReading, Kind, Source
from acuse.reading.wire import contract_of, fields_of
from support.recognised import FOLDER, documents

# What a receipt is matched and known by; the diagram shows these.
MAIN: Final = ("kind", NOTHING, "date", "amount", "vendor", "tax_id", "number")
# Of the others, those that enough made-up documents have outside of a QR.
FIELDS: Final = (*MAIN, "currency", "cae_expires", "time", "payment_method", "card_tail")
# Scores of labelled real documents: engine, field, raw confidence, right or not, by tabs.
REAL: Final = FOLDER / "real-scores.tsv"
_CURVES: Final = Path(acuse.reading.__file__).parent / "curves.py"
_ENGINES: Final = ("ppocr", "tesseract", "pdfplumber")
# How much a slope of one and no offset weigh: as much as so many doubtful documents.
_PRIOR: Final = 1.0
_FEWEST: Final = 8
_LEAST_SLOPE: Final = 0.2
_STEPS: Final = 60


@dataclass(frozen=True, slots=True)
class Scored:
    """A field that was read: its confidence, and whether it is right."""

    confidence: float
    is_right: bool


def scores_of(reading: DocumentReading, right: Mapping[str, bool]) -> dict[str, Scored]:
    """Return the score of each field that was read from letters, and whose truth is known."""
    found = {
        name: Scored(field.confidence, right[name])
        for name, field in fields_of(reading).items()
        if field is not None and name in FIELDS and name in right
        if field.evidence.source is not Source.QR
    }
    if reading.kind.value is Kind.NONE and "kind" in found:
        found[NOTHING] = found.pop("kind")
    return found


def made_scores(name: str, engine: str) -> dict[str, list[Scored]]:
    """Return the raw scores of each field, of made-up documents that an engine saw."""
    found: dict[str, list[Scored]] = {field: [] for field in FIELDS}
    for seen in documents(name, engine):
        reading = seen.reading(engine)
        for field, score in scores_of(reading, judge(seen.known(), contract_of(reading))).items():
            found[field].append(score)
    return found


def real_scores(engine: str) -> dict[str, list[Scored]]:
    """Return the raw scores that real documents once had; they lie in no public repository."""
    found: dict[str, list[Scored]] = {field: [] for field in FIELDS}
    for line in REAL.read_text(encoding="ascii").splitlines()[1:]:
        who, field, confidence, right = line.split("\t")
        if who == engine:
            found[field].append(Scored(float(confidence), right == "1"))
    return found


def fitted(scores: Sequence[Scored]) -> tuple[float, float]:
    """Return slope and offset of the curve that makes the scores likeliest, by Newton's steps.

    Targets are Platt's, so that no share is 0 or 1: (n+ + 1) / (n+ + 2) and 1 / (n- + 2).
    """
    right = sum(score.is_right for score in scores)
    high, low = (right + 1) / (right + 2), 1 / (len(scores) - right + 2)
    points = [(logit(s.confidence), high if s.is_right else low) for s in scores]
    slope, offset = 1.0, 0.0
    for _ in range(_STEPS):
        down_slope, down_offset = _PRIOR * (slope - 1.0), _PRIOR * offset
        ss, so, oo = _PRIOR, 0.0, _PRIOR
        for at, target in points:
            share = 1 / (1 + math.exp(-(offset + slope * at)))
            weight = share * (1 - share)
            down_slope += (share - target) * at
            down_offset += share - target
            ss, so, oo = ss + weight * at * at, so + weight * at, oo + weight
        whole = ss * oo - so * so
        wanted = slope - (oo * down_slope - so * down_offset) / whole
        if wanted < _LEAST_SLOPE:
            # What is surer stays surer, also where these few scores would have it otherwise.
            slope, offset = _LEAST_SLOPE, offset - down_offset / oo
        else:
            slope, offset = wanted, offset - (ss * down_offset - so * down_slope) / whole
    return round(slope, 3), round(offset, 3)


def curves() -> dict[str, dict[str, tuple[float, float]]]:
    """Return every engine's curves."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for engine in _ENGINES:
        made = made_scores("fit", engine) if engine != "pdfplumber" else {}
        real = real_scores(engine)
        for field in FIELDS:
            scores = [*made.get(field, ()), *real[field]]
            # Of next to none, what the reader says of itself.
            curve = fitted(scores if len(scores) >= _FEWEST else ())
            found.setdefault(engine, {})[field] = curve
    return found


def bins_of(scores: Iterable[Scored], *, count: int = 8) -> list[Sequence[Scored]]:
    """Return the scores by rising confidence, in so many bins of the same size."""
    ordered = sorted(scores, key=lambda score: score.confidence)
    size = max(1, math.ceil(len(ordered) / count))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def expected_error(scores: Sequence[Scored]) -> float:
    """Return the expected calibration error: |share right - mean confidence|, weighed by bin.

    M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using
    Bayesian Binning", AAAI 2015; bins of equal size in place of equal width.
    """
    apart = (abs(sum(s.is_right - s.confidence for s in part)) for part in bins_of(scores))
    return sum(apart) / len(scores)


def _source(found: Mapping[str, Mapping[str, tuple[float, float]]]) -> str:
    lines = [
        '"""Slope and offset of each engine\'s curves; written by tests/support/calibrating.py."""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping",
        "from typing import Final",
        "",
        "CURVES: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = {",
    ]
    for engine, fields in found.items():
        lines.append(f'    "{engine}": {{')
        lines += [f'        "{field}": {curve},' for field, curve in fields.items()]
        lines.append("    },")
    return "\n".join([*lines, "}", ""])


if __name__ == "__main__":
    _CURVES.write_text(_source(curves()), encoding="ascii")
