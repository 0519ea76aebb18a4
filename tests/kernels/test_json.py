"""The scanner of JSON Lines, by a small program, against the parser of Python."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.path_program import ANY, SCALAR, SKIPPED, TRUTH, Wanted, compile_program
from kernels.json import LINE_BLANK, LINE_ODD, LINE_READ, scan_lines
from kernels.json_index import index_lines
from kernels.json_program import KIND_OBJECT, KIND_STRING, Found
from tests.kernels.devices import frozen, padded

LONGEST = "k" * 32
N_SLOTS = 9
PROGRAM = compile_program(
    {
        "a": Wanted(0, ANY),
        "name": Wanted(1, KIND_STRING),
        "sourceport": Wanted(2, SCALAR),
        "sourceportal": Wanted(3, TRUTH),
        LONGEST: Wanted(4, ANY),
        "in": Wanted(
            5, KIND_OBJECT, {"a": Wanted(6, ANY), "in": Wanted(7, KIND_OBJECT, {"a": Wanted(8, ANY)})}
        ),
        "known": SKIPPED,
    }
)
PATHS = [
    ("a",),
    ("name",),
    ("sourceport",),
    ("sourceportal",),
    (LONGEST,),
    ("in",),
    ("in", "a"),
    ("in", "in"),
    ("in", "in", "a"),
]
ALLOWED = {
    ("name",): (str,),
    ("sourceport",): (str, int, float),
    ("sourceportal",): (bool,),
    ("in",): (dict,),
    ("in", "in"): (dict,),
}

KEYS = st.sampled_from(
    [
        *("a", "name", "sourceport", "sourceportal", LONGEST, "in", "known"),
        *("", "b", "k" * 31, "k" * 33, "namf", "sourceporu", "nme", "sourceport\0"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**15)
    | st.sampled_from(["", "a", "x" * 70, ",", ':"', "{", "}]", 1.5, -0.25])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=8)
STYLES = st.sampled_from([(",", ":"), (", ", ": "), (" ,   ", " :  ")])


def scanned(text, limit=1 << 20):
    """Return the status of each line, and what was noted of it: the slot with kind and text."""
    quotes = np.zeros(len(text) + 128, np.uint32)
    lines = np.zeros((text.count(b"\n") + 1, 4), np.uint32)
    _, n_lines = index_lines(padded(text), np.uint64(len(text)), quotes, lines)
    n = int(n_lines)
    shape = (n, N_SLOTS + 1)
    found = Found(np.full(n, 9, np.uint8), np.zeros(shape, np.uint8), np.zeros(shape, np.uint64))
    bounds = np.array([0, n, limit], np.uint64)
    scan_lines(padded(text), frozen(quotes), frozen(lines[:n]), bounds, PROGRAM, found)
    status, kinds, spans = found
    noted = [
        {
            slot: (
                int(kinds[row, slot]),
                text[int(spans[row, slot]) & 0xFFFFFFFF : int(spans[row, slot]) >> 32],
            )
            for slot in np.flatnonzero(kinds[row, :N_SLOTS]).tolist()
        }
        for row in range(n)
    ]
    return status.tolist(), noted


def wanted(document):
    """Return the values of the program's paths that a document has, by slot."""
    found = {}
    for slot, path in enumerate(PATHS):
        value = document
        for key in path:
            if not isinstance(value, dict) or key not in value:
                break
            value = value[key]
        else:
            found[slot] = value
    return found


def is_usual(document):
    """Return whether each value of the program's paths is of a kind that is allowed there."""
    for slot, value in wanted(document).items():
        allowed = ALLOWED.get(PATHS[slot])
        if allowed is not None and (
            not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)
        ):
            return False
    return True


@given(st.lists(st.tuples(DOCUMENTS, STYLES), min_size=1, max_size=4))
def test_scan_lines__notes_what_python_reads(documents):
    """Every document of usual kinds is read, and each wanted value, no other, is noted with its text."""
    texts = [json.dumps(document, separators=style).encode() for document, style in documents]
    status, noted = scanned(b"\n".join(texts))
    for (document, _), line, values in zip(documents, status, noted, strict=True):
        has_escape = any("\0" in key for key in _keys(document)) or any(
            isinstance(value, str) and '"' in value for value in wanted(document).values()
        )
        if not is_usual(document):
            assert line == LINE_ODD
        if line == LINE_ODD:
            assert has_escape or not is_usual(document)
            continue
        expected = wanted(document)
        assert set(values) == set(expected)
        for slot, (kind, text) in values.items():
            if kind == KIND_STRING:
                assert text.decode() == expected[slot]
            elif not isinstance(expected[slot], (dict, list)):
                assert json.loads(text) == expected[slot]
            else:
                assert text == b""


def _keys(value):
    """Yield every key of a document."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(inner)


@given(
    st.lists(
        st.sampled_from(
            [
                *'{}[]:,"',
                '"a"',
                '"a":',
                '"in":{',
                "1",
                "-",
                "0",
                ".5",
                "true",
                "null",
                "fal",
                " ",
                "\n",
                "\\",
                "e1",
                '"b":"c",',
            ]
        )
    ).map("".join)
)
def test_scan_lines__reads_nothing_but_json(text):
    """Whatever a line is made of: what the scanner reads, Python reads as an object."""
    content = text.encode()
    status, _ = scanned(content)
    for line, found in zip(content.split(b"\n"), status, strict=False):
        if found == LINE_READ:
            assert isinstance(json.loads(line), dict)
        elif found == LINE_BLANK:
            assert line.strip() == b""
        else:
            assert found == LINE_ODD


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"{}", LINE_READ),
        (b" { } ", LINE_READ),
        (b"", LINE_BLANK),
        (b" \r", LINE_BLANK),
        (b"[]", LINE_ODD),
        (b'"a"', LINE_ODD),
        (b"1", LINE_ODD),
        (b"{", LINE_ODD),
        (b"}", LINE_ODD),
        (b"{}}", LINE_ODD),
        (b"{}{}", LINE_ODD),
        (b"{},", LINE_ODD),
        (b"{}]", LINE_ODD),
        (b"{]", LINE_ODD),
        (b'{"b":[}', LINE_ODD),
        (b'{"b":{]}', LINE_ODD),
        (b'{"b":[1}}', LINE_ODD),
        (b'{"b":{"c":1]}', LINE_ODD),
        (b'{"b":[1,]}', LINE_ODD),
        (b'{"b":["x",]}', LINE_ODD),
        (b'{"b":["x" "y"]}', LINE_ODD),
        (b'{"b":["x":"y"]}', LINE_ODD),
        (b'{"b":"x":"y"}', LINE_ODD),
        (b'{"b":{"c":"x":"y"}}', LINE_ODD),
        (b'{"b":{"c":"x","d"}}', LINE_ODD),
        (b'{"b":{"c":"x","d":}}', LINE_ODD),
        (b'{"b":{"c":"x",}}', LINE_ODD),
        (b'{"b":1,}', LINE_ODD),
        (b'{,"b":1}', LINE_ODD),
        (b'{"b":,"c":1}', LINE_ODD),
        (b'{"b" 1}', LINE_ODD),
        (b'{"b"::1}', LINE_ODD),
        (b'{"b":truefalse}', LINE_ODD),
        (b'{"b":nul}', LINE_ODD),
        *(
            (b'{"b":%b}' % word, LINE_ODD)
            for word in (b"falsE", b"truE", b"nulL", b"falsy1", b"01", b"1e1", b"--1")
        ),
        (b'{"b":[[],{},[{}],"x",1,true,false,null]}', LINE_READ),
        (b'{"b":\\"x"}', LINE_ODD),
        (b'{\\"b":"x"}', LINE_ODD),
        (b'{"b":"\\\\","c":"\\""}', LINE_READ),
        (b'{"\\u0061":1}', LINE_ODD),
        (b'{"b":{"\\u0061":1}}', LINE_READ),
        (b'{"name":"\\u0061"}', LINE_ODD),
        (b'{"b":"\\u0061"}', LINE_READ),
        (b'{"b":"\\q"}', LINE_ODD),
        (b'{"b":"\\u12"}', LINE_ODD),
        (b'{"b":"\\u12g4"}', LINE_ODD),
        (b'{"b":"\\ud800"}', LINE_ODD),
        (b'{"b":["\\q"]}', LINE_ODD),
        (b'{"\\q":"x","b":1}', LINE_ODD),
        (b'{"b":{"\\q":"x","c":"y"}}', LINE_ODD),
        (b'{"a":1,"a":1}', LINE_ODD),
        (b'{"in":{},"in":{}}', LINE_ODD),
        (b'{"b":1,"b":1}', LINE_READ),
        (b'{"in":{"a":1},"a":2}', LINE_READ),
        (b'{"b":"\xc3\xbc"}', LINE_READ),
        (b'{"name":"\xc3\xbc","\xc3\xbc":1}', LINE_READ),
        (b'{"b":"\xc3"}', LINE_ODD),
        (b'{"b":"\xed\xa0\x80"}', LINE_ODD),
        (b'{"b":"\xc3\xbc\t"}', LINE_ODD),
        (b'{\xc2\xa0"b":1}', LINE_ODD),
        (b'{"b":"\x7f"}', LINE_READ),
        (b'{"b":"\t"}', LINE_ODD),
    ],
)
def test_scan_lines__tells_usual_from_odd(line, status):
    """A line is read if it is plain JSON and its wanted values stand once, wherever it lies among others."""
    for before in (b"", b"{}\n", b'{"b":"' + b"x" * 55 + b'"}\n', b'{"a":1,"in":{"a":2}}\n' * 3):
        # Lines that are far enough away from each other raise no flag for one another.
        text = before + b" " * 64 + line + b" " * 64 + b'\n{"a":7}'
        found, noted = scanned(text)
        assert found[before.count(b"\n")] == status
        assert found[-1] == LINE_READ
        assert set(noted[-1]) == {0}


@pytest.mark.parametrize("depth", [1, 2, 58, 59, 60, 61, 62, 70, 200])
def test_scan_lines__knows_how_deep_it_goes(depth):
    """Sixty containers in one another are read, more are not; brackets are told apart at each depth."""
    for opened, closed in (("[", "]"), ('{"b":', "}"), ('[{"b":', "}]")):
        n = depth // opened.count("[") if opened.startswith("[{") else depth
        text = f'{{"b":{opened * n}1{closed * n}}}'
        n_containers = n * len(closed)
        (status,), _ = scanned(text.encode())
        assert status == (LINE_READ if n_containers <= 60 else LINE_ODD)
        (wrong,), _ = scanned(
            text.replace("1" + closed[0], "1" + ("}" if closed[0] == "]" else "]"), 1).encode()
        )
        assert wrong == LINE_ODD


def test_scan_lines__counts_every_byte_of_a_line():
    """A line of as many bytes as are allowed is read, one byte more is odd, blank or not."""
    line = b'{"b":1}  \r'
    assert scanned(line + b"\n" + line, len(line))[0] == [LINE_READ] * 2
    assert scanned(line + b"\n" + line, len(line) - 1)[0] == [LINE_ODD] * 2
    assert scanned(b"   \n    ", 3)[0] == [LINE_BLANK, LINE_ODD]
