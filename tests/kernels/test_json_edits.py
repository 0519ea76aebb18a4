"""The scanner of JSON Lines on every single edit of small documents, against the parser of Python."""

from __future__ import annotations

import json

import pytest

from kernels.json import LINE_ODD, LINE_READ
from kernels.json_program import KIND_NUMBER, KIND_STRING
from tests.kernels.test_json import is_usual, scanned, wanted

DOCUMENTS = (
    # Texts under keys that nobody wants, an even and an odd number of them, are skipped in pairs.
    '{"b":{"c":"x","d":"y"},"a":1}',
    '{"b":{"c":"x","d":"y","e":"z"}}',
    '{"b":{"c" : "x", "d" : "y" , "e": ""},"a":"b"}',
    '{"in":{"known":"x","a":"y"},"b":{"c":[{"d":"x"}]},"name":"z"}',
    # Texts in a list are skipped one after the other.
    '{"b":["x","y"],"name":"n"}',
    '{"in":{"a":"x","in":{"a":[1,true]}}}',
    '{"sourceport":80,"b":[false,null,-2.5,{}]}',
    # So are those of a flow that are known, and noted if they are wanted.
    '{"known":"x","name":"y","b":"z","a":"","known":{"a":"x"}}',
    '{"sourceportal":false,"b":[[],[{"c":[]}]]}',
)
TOKENS = (
    *'"\\{}[]:, 01-.xe',
    '""',
    '\\"',
    '":',
    ',"',
    ':"',
    '",',
    '"c":',
    '"c":"x",',
    ',"x"',
    "null",
    "true",
)


def edited(document):
    """Return a document with each place removed, replaced and put something before, each result once."""
    found = {document: None}
    for place in range(len(document) + 1):
        before, behind = document[:place], document[place:]
        found[before + behind[1:]] = None
        for token in TOKENS:
            found[before + token + behind] = None
            found[before + token + behind[1:]] = None
    return list(found)


def read(line):
    """Return the object that Python reads in a line, and whether the line has no repeated key; None for no object."""
    is_unique = True

    def pairs(members):
        nonlocal is_unique
        is_unique &= len(dict(members)) == len(members)
        return dict(members)

    try:
        document = json.loads(line, object_pairs_hook=pairs)
    except ValueError:
        return None, False
    return (document, is_unique) if isinstance(document, dict) else (None, False)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_scan_lines__reads_what_python_reads_after_any_edit(document):
    """No edit makes the scanner read what is no JSON, or another value; plain JSON of usual kinds is always read."""
    lines = edited(document)
    status, noted = scanned("\n".join(lines).encode())
    n_read = 0
    for line, found, values in zip(lines, status, noted, strict=True):
        expected, is_unique = read(line)
        if found != LINE_READ:
            assert found == LINE_ODD
            is_plain = "\\" not in line and "e" not in line.replace("true", "").replace("false", "")
            assert expected is None or not is_unique or not is_usual(expected) or not is_plain, line
            continue
        assert expected is not None, line
        n_read += 1
        assert set(values) == set(wanted(expected)), line
        for slot, (kind, text) in values.items():
            if kind in (KIND_STRING, KIND_NUMBER):
                value = text.decode() if kind == KIND_STRING else json.loads(text)
                assert value == wanted(expected)[slot], line
    assert n_read > len(document)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_scan_lines__reads_the_lines_around_any_edit(document):
    """A quote or a bracket too many in a line takes nothing from the lines before and behind it."""
    lines = [each for line in edited(document) for each in (line, document)]
    status, noted = scanned("\n".join(lines).encode())
    assert set(status[1::2]) == {LINE_READ}
    assert all(values == noted[1] for values in noted[1::2])
