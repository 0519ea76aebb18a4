"""The forms of a Hubble event as bytes with places to fill: which fields stand there, and in which order.

A form is made once for each sort of event and writer; a line is then one ``%`` of bytes.
"""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

_ORDER = """
time uuid emitter verdict drop_reason auth_type ethernet IP l4 source destination Type node_name node_labels
source_names destination_names l7 reply event_type source_service destination_service traffic_direction
policy_match_type trace_observation_point trace_reason file drop_reason_desc is_reply interface sock_xlate_point
socket_cookie cgroup_id Summary egress_allowed_by ingress_allowed_by
"""
_FIRST = """
time verdict drop_reason ethernet IP l4 source destination Type node_name l7 reply event_type traffic_direction
policy_match_type trace_observation_point drop_reason_desc is_reply interface sock_xlate_point socket_cookie
cgroup_id Summary
"""
_MASK = """
time verdict IP l4 source destination Type node_name event_type traffic_direction is_reply drop_reason_desc
"""
_FILLED = "time uuid ethernet IP l4 source destination node_name l7 socket_cookie Summary"
ORDER = tuple(_ORDER.split())
"""Order of declaration in ``flow.proto``; later versions put fields in between, and none changed places."""
FIRST = frozenset(_FIRST.split())
"""What the oldest writer knows."""
FILLED = frozenset(_FILLED.split())
"""Fields that differ from line to line; all others belong to the form."""


class Writer(NamedTuple):
    """Who wrote a line.

    Attributes
    ----------
    name : str
        For people.
    fields : frozenset of str
        What it writes of what an event has.
    is_sorted : bool
        Whether keys are in alphabetical order, as shippers write them that parse and serialise again.
    """

    name: str
    fields: frozenset[str]
    is_sorted: bool = False


WRITERS = (
    Writer("1.10", FIRST),
    Writer("1.14", FIRST | {"uuid", "file", "auth_type", "trace_reason"}),
    Writer("1.19", frozenset(ORDER) - {"reply", "node_labels"}),
    Writer("shipper", frozenset(ORDER) - {"reply"}, is_sorted=True),
    Writer("field mask", frozenset(_MASK.split())),
)
WRITER_SHARES = (0.10, 0.28, 0.45, 0.12, 0.05)


class Sort(NamedTuple):
    """One sort of event; absent fields are None.

    Attributes
    ----------
    event : tuple of int
        Type, and sub type (0 is left out).
    verdict : str
        As the log names it.
    direction : str or None
        Of the connection, relative to the local endpoint.
    local : str
        Which side has an endpoint on the node: ``source``, ``destination`` or neither.
    is_reply : bool or None
        None is left out.
    point : str or None
        Of a trace.
    reason : tuple of (int, str), or None
        Of a drop.
    match : int or None
        Of a policy verdict; 0 is left out.
    type : str
        ``L3_L4``, ``L7`` or ``SOCK``.
    """

    event: tuple[int, int]
    verdict: str = "FORWARDED"
    direction: str | None = None
    local: str = ""
    is_reply: bool | None = None
    point: str | None = None
    reason: tuple[int, str] | None = None
    match: int | None = None
    type: str = "L3_L4"


@cache
def form(sort: Sort, writer: Writer) -> bytes:
    """Return a line with ``%(field)b`` for each field of ``FILLED`` that stands there."""
    fixed = _fixed(sort)
    absent = {
        "ethernet": sort.type != "L3_L4",
        "l7": sort.type != "L7",
        "socket_cookie": sort.type != "SOCK",
    }
    names = [
        name
        for name in ORDER
        if name in writer.fields and (name in fixed or (name in FILLED and not absent.get(name, False)))
    ]
    if writer.is_sorted:
        names.sort()
    written = ",".join(
        f'"{name}":' + (f"%({name})b" if name in FILLED else _json(fixed[name], writer).replace("%", "%%"))
        for name in names
    )
    return f'{{"flow":{{{written}}},"node_name":%(node_name)b,"time":%(time)b}}'.encode()


def _fixed(sort: Sort) -> dict[str, object]:
    """Return the fields that do not differ between the lines of a sort; zero values are left out."""
    number, sub_type = sort.event
    fields: dict[str, object] = {
        "emitter": {"name": "Hubble", "version": "1.19.4+g1a2b3c4d"},
        "verdict": sort.verdict,
        "Type": sort.type,
        "node_labels": [
            "kubernetes.io/arch=amd64",
            "kubernetes.io/os=linux",
            "topology.kubernetes.io/zone=b",
        ],
        "event_type": {"type": number} | ({"sub_type": sub_type} if sub_type else {}),
    }
    if sort.direction is not None:
        fields["traffic_direction"] = sort.direction
    if sort.is_reply is not None:
        fields["is_reply"] = sort.is_reply
        if sort.is_reply:
            fields["reply"] = True
    if sort.point is not None:
        fields |= {
            "trace_observation_point": sort.point,
            "interface": {"index": 27, "name": "lxc5a1b2c3d4e5f"},
        }
        fields["trace_reason"] = "REPLY" if sort.is_reply else "ESTABLISHED"
    if sort.reason is not None:
        fields |= {"drop_reason": sort.reason[0], "drop_reason_desc": sort.reason[1]}
        fields["file"] = {"name": "bpf_lxc.c", "line": 1_263}
    if sort.match:
        fields["policy_match_type"] = sort.match
    if number == 5:
        fields["auth_type"] = "DISABLED"
        if sort.match:
            named = {
                "name": "allow-backend",
                "namespace": "ns-0001",
                "revision": "214",
                "kind": "NetworkPolicy",
            }
            fields[f"{(sort.direction or 'ingress').lower()}_allowed_by"] = [named]
    if sort.type == "SOCK":
        fields |= {"sock_xlate_point": "SOCK_XLATE_POINT_POST_DIRECTION_FWD", "cgroup_id": "8641"}
    return fields


def _json(value: object, writer: Writer) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=writer.is_sorted)
