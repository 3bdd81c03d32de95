"""The audit log of a control plane is read line by line, whatever a line holds."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

from acuse_lab.regions.control_plane import ControlPlane
from acuse_lab.regions.place import LOOPBACK, Place, free_ports

EVENTS = [{"requestObject": {"displayName": "i\x96\x85ñ\u2028x"}}, {"verb": "get"}]


def test_every_whole_line_is_an_event_and_a_half_written_one_is_not(tmp_path: Path) -> None:
    place = Place("test", tmp_path, LOOPBACK, free_ports())
    place.audit_log.parent.mkdir(parents=True)
    lines = [json.dumps(event, ensure_ascii=False).encode() for event in EVENTS]
    place.audit_log.write_bytes(b"\n".join([*lines, '{"half": "ñ'.encode()[:-1]]))

    assert ControlPlane(place, Mock()).audit_events() == EVENTS
