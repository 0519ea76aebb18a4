"""The columns of every file of a report, and the words that stand in them.

The names are a public contract; ``VERSION`` counts its changes and stands in the metadata of every file as
``auditor.schema``. Null means not known.
"""

from __future__ import annotations

import pyarrow as pa

from auditor.ir.model import SCTP, TCP, UDP, VERDICT_OF, Kind, Reason, Verdict
from auditor.sinks.columns import TEXT

VERSION = "1"

TIME = pa.timestamp("ns", "UTC")


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema(columns, metadata={"auditor.schema": VERSION})


FLOWS = _schema(
    ("time_start", TIME),
    ("time_end", TIME),
    ("src_ip", TEXT),
    ("dst_ip", TEXT),
    ("src_port", pa.uint16()),
    ("dst_port", pa.uint16()),
    ("protocol", TEXT),
    ("src_kind", TEXT),
    ("dst_kind", TEXT),
    ("src_namespace", TEXT),
    ("src_name", TEXT),
    ("src_workload", TEXT),
    ("dst_namespace", TEXT),
    ("dst_name", TEXT),
    ("dst_workload", TEXT),
    ("observed", TEXT),
    ("verdict", TEXT),
    ("finding", TEXT),
    ("egress_verdict", TEXT),
    ("ingress_verdict", TEXT),
    ("egress_reason", TEXT),
    ("ingress_reason", TEXT),
    ("egress_rule", TEXT),
    ("ingress_rule", TEXT),
    ("egress_policies", TEXT),
    ("ingress_policies", TEXT),
    ("opener", TEXT),
    ("opener_basis", TEXT),
    ("bytes", pa.int64()),
    ("packets", pa.int64()),
    ("weight", pa.int64()),
    ("source_file", TEXT),
    ("source_row", pa.int64()),
)
"""One flow; ports, addresses and ends as recorded, whoever opened the connection.

A port is null where the protocol has none, and where the log says 0 or nothing for the end that opened: 0 is reserved
and no client's port (RFC 6335). The port that the connection went to, which was judged, is always known; 0 is what was
recorded.
"""

SUMMARY = _schema(
    ("finding", TEXT),
    ("source_kind", TEXT),
    ("source", TEXT),
    ("destination_kind", TEXT),
    ("destination", TEXT),
    ("port", pa.uint16()),
    ("protocol", TEXT),
    ("reason", TEXT),
    ("direction", TEXT),
    ("egress_policies", TEXT),
    ("ingress_policies", TEXT),
    ("flows", pa.int64()),
    ("connections", pa.int64()),
    ("bytes", pa.int64()),
    ("packets", pa.int64()),
    ("first_seen", TIME),
    ("last_seen", TIME),
    ("examples", pa.list_(pa.string())),
)
"""One group of flows; the source is the end that opened the connection, the port the other end's.

The port is null where the protocol has none, and where further ports are counted together. The policies are those that
isolate the ends of the first flow of the group.
"""

RULES = _schema(
    ("rule", TEXT),
    ("kind", TEXT),
    ("namespace", TEXT),
    ("name", TEXT),
    ("direction", TEXT),
    ("index", pa.int32()),
    ("description", TEXT),
    ("file", TEXT),
    ("document", pa.int32()),
    ("line", pa.int32()),
    ("flows", pa.int64()),
)
"""One rule of the policies, by ``rule_id``; ``flows`` is how many it decided, 0 for never."""

REJECTED = _schema(
    ("source_file", TEXT),
    ("reason", TEXT),
    ("count", pa.int64()),
    ("positions", pa.list_(pa.int64())),
)
"""One reason of one file; positions are rows of that file, as in ``source_row``."""

OBSERVED_NAMES = ("UNSEEN", "FORWARDED", "DROPPED", "REFUSED", "AUDITED")
"""By ``codes.OBSERVED_*``."""

VERDICT_NAMES = ("ALLOWED", "DENIED", "UNKNOWN")
"""Of a connection, by ``codes.VERDICT_*``."""

SIDE_VERDICT_NAMES = tuple(verdict.value for verdict in Verdict)
"""Of a side, by ``codes.VERDICT_*``."""

FINDING_NAMES = ("PERMITTED", "BLOCKED", "VIOLATION", "MISDROPPED", "UNDECIDED")
"""By ``codes.FINDING_*``."""

WORST_FIRST = ("VIOLATION", "MISDROPPED", "UNDECIDED", "BLOCKED", "PERMITTED")
REPORTED = WORST_FIRST[:3]
"""Findings that ask for a look: what ``--rows violations`` writes."""

REASON_NAMES = tuple(reason.value for reason in Reason)
"""By ``codes.OUTCOME_*``; every outcome past the last is a rule that allowed."""

SIDE_VERDICT_OF_REASON = tuple(SIDE_VERDICT_NAMES.index(VERDICT_OF[reason].value) for reason in Reason)
"""``codes.VERDICT_*`` by ``codes.OUTCOME_*``."""

KIND_NAMES = tuple(kind.value for kind in Kind)
"""By ``codes.KIND_*``."""

OPENER_NAMES = ("source", "destination")
"""By ``codes.OPENER_*``."""

BASIS_NAMES = ("recorded", "tcp-flags", "reply-flag", "inferred")
"""By ``codes.BASIS_*``."""

DIRECTION_NAMES = ("ingress", "egress")
"""By ``ir.model.Direction``."""

_PORTLESS = {1: "ICMP", 2: "IGMP", 47: "GRE", 50: "ESP", 51: "AH", 58: "ICMPv6"}
_SHORT_NAMES = {TCP: "TCP", UDP: "UDP", SCTP: "SCTP", **_PORTLESS}

PROTOCOL_NAMES = tuple(_SHORT_NAMES.get(number, str(number)) for number in range(256))
"""By IANA number; the number itself where no short name is common."""
