"""JSON objects of flows, drawn: as exporters write them, and as nobody would."""

from __future__ import annotations

import json
from functools import partial

from hypothesis import strategies as st

from auditor.flows.generic_columns import PROTOCOLS
from auditor.flows.json_exact import decode_objects
from auditor.flows.json_fields import DEFAULT_FIELDS, field_program
from auditor.flows.json_lines import decode_block
from auditor.flows.json_scan import scan_objects
from tests.flows.same import same_batches
from tests.flows.streams import cut

LIMIT = 4_000
ADDRESSES = st.sampled_from(
    ("10.0.0.1", "10.0.0.2", "192.168.255.254", "fd00::1", "::ffff:10.0.0.9", "1.2.3.4")
)
SECONDS = st.one_of(
    st.integers(0, 2_000_000_000),
    st.sampled_from((1700000000.5, 1700000000.123456789, 0.25, 9223372035.5)),
)
TIMES = st.one_of(
    st.none(), SECONDS, st.sampled_from(("2026-11-27T02:17:22Z", "2026-11-27T02:17:22.123456789Z"))
)
USUAL = {
    "src_ip": ADDRESSES,
    "dst_ip": ADDRESSES,
    "protocol": st.sampled_from(
        (6, 17, "6", "TCP", "tcp", "Udp", "icmp", "ICMPv6", "SCTP", 1, 255, "UDPLITE")
    ),
    "dst_port": st.one_of(st.integers(0, 65535), st.integers(0, 65535).map(str)),
    "src_port": st.integers(0, 65535),
    "observed": st.one_of(
        st.none(), st.sampled_from(("forwarded", "DROPPED", "Refused", "audited", "unseen"))
    ),
    "weight": st.one_of(st.none(), st.integers(1, 1 << 40)),
    "is_reply": st.sampled_from((True, False, None, 0, 1, "1")),
    "tcp_flags": st.one_of(st.none(), st.integers(0, 255)),
    "time_start": TIMES,
    "time_end": TIMES,
    "bytes": st.one_of(st.none(), st.integers(0, 10**17)),
    "packets": st.one_of(st.none(), st.integers(0, 10**9)),
}
NEEDED = ("src_ip", "dst_ip", "protocol", "dst_port", "src_port")
OTHERS = st.dictionaries(
    st.sampled_from(("node", "a b", "src_i", "SRC_IP", "x" * 40, "ü", "")),
    st.recursive(
        st.one_of(
            st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.text(max_size=4), st.just("src_ip")
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=3,
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from((-1, 65536, 1 << 41, 10**18, 10**30, 443.0, 4.5, -0.0, 1e300, 3232235777, 1 << 32)),
    st.sampled_from(
        (
            *(
                "",
                "-",
                " 443 ",
                "None",
                "nan",
                "443.0",
                "1e3",
                "+7",
                "-0",
                "007",
                "0x10",
                "TRUE",
                "false",
                "true ",
            ),
            *(
                *PROTOCOLS,
                "IPv6-ICMP",
                "ospfigp",
                "forwarded ",
                "dropped\t",
                "DROP",
                "10.0.0.1 ",
                "10.0.0.256",
                "fe80::1%eth0",
            ),
            *(
                "2026-11-27 02:17:22",
                "2026-11-27T02:17:22+01:00",
                "2026-02-30T00:00:00Z",
                "ﬀ",
                "tcp\u0000",
                "\ud83d\ude00",
            ),
        )
    ),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(("ip", "src_ip")), st.just("10.0.0.1"), max_size=1),
)


@st.composite
def usual_objects(draw):
    """Draw an object with every value of usual form, its keys in any order."""
    chosen = {name: draw(USUAL[name]) for name in USUAL if name in NEEDED or draw(st.booleans())}
    return dict(draw(st.permutations([*draw(OTHERS).items(), *chosen.items()])))


@st.composite
def odd_objects(draw):
    """Draw an object in which some values are missing or what nobody expects."""
    found = draw(usual_objects())
    for name in draw(st.lists(st.sampled_from(tuple(USUAL)), max_size=3)):
        if draw(st.booleans()):
            found[name] = draw(ODD)
        else:
            found.pop(name, None)
    return found


def as_line(found, *, is_spaced=False, is_ascii=True):
    """Write an object on a line."""
    separators = (", ", ": ") if is_spaced else (",", ":")
    return json.dumps(found, separators=separators, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")


def agree(content, fields=DEFAULT_FIELDS, block_bytes=1 << 20):
    """Assert that scanner and exact parser say the same of a log; return the lines that the scanner left."""

    def exact(records):
        return decode_objects("flows", records, LIMIT, fields)

    program = field_program(fields)
    scan = None if program is None else partial(scan_objects, "flows", limit=LIMIT, wanted=program)
    theirs = [decode_block(block, None, exact) for block in cut(content, 1 << 20, LIMIT)]
    ours = [decode_block(block, scan, exact) for block in cut(content, block_bytes, LIMIT)]
    same_batches(ours, theirs)
    if scan is None:
        return None
    return [number for block in cut(content, 1 << 20, LIMIT) for number, _ in scan(block).odd]
