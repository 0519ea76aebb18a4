"""The scanner of generic JSON against the exact parser, on objects that exporters write and on what nobody would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.generic_names import NAMES
from auditor.flows.json_fields import read_fields
from tests.flows.flow_objects import LIMIT, agree, as_line, odd_objects, usual_objects

ENDS = st.sampled_from((b"\n", b"\r\n", b"\n\n", b" \r\n\t\n"))
FLOW = b'{"src_ip":"10.0.0.1","dst_ip":"10.0.0.2","protocol":"TCP","dst_port":443,"src_port":40000}'


@given(
    st.lists(usual_objects(), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from((b"\n", b"\r\n", b"\n\n")),
)
def test_scan_objects__reads_usual_objects_by_itself(objects, is_spaced, end):
    """Whatever the order of keys and whatever else there is; long keys and escapes in them are nobody's."""
    lines = [as_line(found, is_spaced=is_spaced, is_ascii=False) for found in objects]
    assert agree(end.join(lines)) == [] or any(b"\\" in line for line in lines)


@given(
    st.lists(st.one_of(usual_objects(), odd_objects()), min_size=1, max_size=6),
    st.integers(1, 300),
    st.booleans(),
    ENDS,
)
def test_scan_objects__agrees_with_the_exact_parser(objects, block_bytes, is_ascii, end):
    """What is not usual is left to it, line by line, wherever blocks end."""
    agree(end.join(as_line(found, is_ascii=is_ascii) for found in objects), block_bytes=block_bytes)


@given(usual_objects(), st.data())
def test_scan_objects__agrees_on_broken_lines(found, data):
    """Bytes changed, taken out or put in."""
    line = bytearray(as_line(found))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(line) - 1))
        change = data.draw(st.sampled_from(("set", "delete", "insert")))
        byte = data.draw(st.sampled_from(b'"\\{}[]:, \t\x00\x80\xff09.e-tfn'))
        if change == "set":
            line[at] = byte
        elif change == "insert":
            line.insert(at, byte)
        elif len(line) > 1:
            del line[at]
    agree(FLOW + b"\n" + bytes(line) + b"\n" + FLOW)


@pytest.mark.parametrize(
    "line",
    [
        b'{"src_ip":"10.0.0.1","src_ip":"10.0.0.3","dst_ip":"10.0.0.2","protocol":6,"dst_port":1}',
        b'{"src_\\u0069p":"10.0.0.1","dst_ip":"10.0.0.2","protocol":6,"dst_port":1}',
        FLOW[:-1] + b',"node":"' + b"x" * LIMIT + b'"}',
        b"[" * 5_000,
        b'{"src_ip":' * 2_000,
        b"7",
        b"null",
        FLOW + FLOW,
        FLOW[:-1],
        FLOW[:-1] + b',"time_start":1e-400000000,"time_end":1e999999999}',
        FLOW[:-1] + b',"time_start":9223372036.854775807,"time_end":-9223372036.9}',
        FLOW[:-1]
        + b',"time_start":1.9999999999999999999999999999999999999999999999999999999999999999999999}',
        FLOW[:-1] + b',"time_start":00000000000000000000001}',
        FLOW[:-1] + b',"bytes":123456789012345678901234567890,"packets":"many"}',
    ],
)
def test_scan_objects__leaves_what_is_odd(line):
    """Keys twice or escaped, lines too long, nested too deep or broken, numbers of any size."""
    agree(FLOW + b"\n" + line + b"\n" + FLOW)


NESTED = read_fields(
    r"src_ip=source.ip,dst_ip=destination.ip,protocol=network.transport,dst_port=destination.port,time_start=ts,"
    r"time_end=ts,bytes=a\.b.c"
)
NESTED_LINES = (
    b'{"source":{"ip":"10.0.0.1"},"destination":{"port":443,"ip":"10.0.0.2"},"network":{"transport":"tcp"},"ts":1.5}',
    (
        b'{"ts":"2026-11-27T02:17:22Z","network":{"transport":17,"x":{}},"destination":{"ip":"10.0.0.1","port":53},'
        b'"source":{"ip":"10.0.0.2"},"a.b":{"c":7},"src_port":1}'
    ),
)


def test_scan_objects__follows_paths():
    """Into objects, a key with a dot in it, two values of one path."""
    assert agree(b"\n".join(NESTED_LINES), NESTED) == []


@pytest.mark.parametrize(
    "line",
    [
        b'{"source":null,"destination":{"ip":"10.0.0.1","port":53},"network":{"transport":17}}',
        b'{"source":[{"ip":"10.0.0.1"}],"destination":{"ip":"10.0.0.1","port":53},"network":{"transport":17}}',
        b'{"source":"10.0.0.1","destination":{"ip":"10.0.0.1","port":53},"network":{"transport":17}}',
        (
            b'{"source":{"ip":"10.0.0.1"},"source":{"ip":"10.0.0.7"},"destination":{"ip":"10.0.0.1","port":53},"network":'
            b'{"transport":17}}'
        ),
        b'{"destination":{"ip":"10.0.0.1","port":53},"network":{"transport":17}}',
    ],
)
def test_scan_objects__agrees_where_a_path_ends_early(line):
    """What is on the way is no object, or there twice."""
    agree(NESTED_LINES[0] + b"\n" + line, NESTED)


DEEP = ",".join(f"{name}={'.'.join(f'{name}{step}' for step in range(25))}" for name in NAMES)


@pytest.mark.parametrize(
    "keys", ["src_ip=ü", "src_ip=" + "x" * 33, "src_ip=srxxp,dst_ip=sryyp", 'src_ip=a"b', DEEP]
)
def test_scan_objects__is_not_asked_where_no_program_holds_the_keys(keys):
    """The exact parser reads all then."""
    assert agree(FLOW, read_fields(keys)) is None
