"""Columns of texts to codes and parsed addresses."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from auditor.errors import SourceError
from auditor.flows.addresses import coded, coded_addresses, parse_list, parse_texts
from kernels.codes import ADDRESS_BROKEN, ADDRESS_MISSING, ADDRESS_OK

TEXTS = ["10.0.0.1", None, "2001:DB8::1", "-", "nonsense", "::ffff:10.0.0.1"]
STATUS = [ADDRESS_OK, ADDRESS_MISSING, ADDRESS_OK, ADDRESS_MISSING, ADDRESS_BROKEN, ADDRESS_OK]
MAPPED = 0xFFFF0A000001
KINDS = [
    *(pa.string(), pa.large_string(), pa.string_view()),
    *(pa.binary(), pa.large_binary(), pa.binary_view()),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("first", [0, 2])
def test_parse_texts__reads_every_kind_of_text(kind, first):
    """All layouts of text give the same addresses, slices too."""
    addresses, status = parse_texts(pa.array(TEXTS, pa.string()).cast(kind).slice(first))
    assert status.tolist() == STATUS[first:]
    assert addresses.low.tolist() == [MAPPED, 0, 1, 0, 0, MAPPED][first:]
    assert addresses.high.tolist() == [0, 0, 0x20010DB8 << 32, 0, 0, 0][first:]
    assert (
        addresses.texts.array().to_pylist()
        == ["10.0.0.1", "", "2001:DB8::1", "", "", "::ffff:10.0.0.1"][first:]
    )


def test_parse_texts__survives_bytes_that_are_no_text():
    """A value that is no UTF-8 is one broken address, not an error; it does not reach the texts."""
    raw = pa.array([b"\xff\xfe", b"::1"], pa.binary())
    unchecked = pa.StringArray.from_buffers(2, raw.buffers()[1], raw.buffers()[2])
    for texts in (raw, unchecked):
        addresses, status = parse_texts(texts)
        assert status.tolist() == [ADDRESS_BROKEN, ADDRESS_OK]
        assert addresses.texts.array().to_pylist() == ["", "::1"]


@pytest.mark.parametrize("texts", [pa.array([], pa.string()), pa.nulls(2), pa.nulls(2, pa.string())], ids=str)
def test_parse_texts__takes_columns_without_values(texts):
    """No values, and nothing but nulls, are all missing."""
    addresses, status = parse_texts(texts)
    assert status.tolist() == [ADDRESS_MISSING] * len(texts)
    assert addresses.texts.array().to_pylist() == [""] * len(texts)


def test_parse_list__takes_python_strings():
    """Strings of a JSON decoder are parsed alike; a lone surrogate is broken."""
    addresses, status = parse_list([*TEXTS, "\ud800"])
    assert status.tolist() == [*STATUS, ADDRESS_BROKEN]
    assert addresses.low.tolist() == [MAPPED, 0, 1, 0, 0, MAPPED, 0]
    assert parse_list([])[1].tolist() == []


ENCODED = pa.array(["b", None, "a", "b"]).dictionary_encode()


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["b", None, "a", "b"]),
        pa.chunked_array([["b"], [None, "a"], [], ["b"]]),
        ENCODED,
        pa.array(["x", "b", None, "a", "b"]).slice(1),
        pa.chunked_array([ENCODED.slice(0, 2), pa.array(["a", "b"]).dictionary_encode()]),
        pa.DictionaryArray.from_arrays(pa.array([1, None, 0, 1], pa.int8()), ["a", "b"]),
        pa.DictionaryArray.from_arrays(pa.array([1, None, 0, 1], pa.uint64()), ["a", "b"]),
    ],
)
def test_coded__gives_codes_without_floats(column):
    """Nulls, chunks and dictionaries of any width become 32-bit codes and a mask."""
    codes, valid, values = coded(column)
    assert codes.dtype == np.int32
    assert valid.tolist() == [True, False, True, True]
    texts = values.to_pylist()
    assert [texts[code] if ok else None for code, ok in zip(codes, valid, strict=True)] == [
        "b",
        None,
        "a",
        "b",
    ]
    assert codes[1] == 0


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_coded__takes_empty_columns(kind):
    """A column of no chunk has no codes, and no mask."""
    codes, valid, values = coded(pa.chunked_array([], kind))
    assert (codes.tolist(), valid, len(values)) == ([], None, 0)


@pytest.mark.parametrize("codes", [[0, 2], [-1, 0]])
def test_coded__refuses_codes_outside_the_dictionary(codes):
    """A corrupt file must not make a kernel read foreign memory."""
    column = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(["a", "b"]), safe=False)
    with pytest.raises(SourceError) as caught:
        coded(column)
    assert str(caught.value) == "a dictionary code lies outside its dictionary: the file is corrupt"


def test_coded_addresses__points_nulls_at_a_missing_address():
    """Every code is valid, and the status of a row is that of its address."""
    codes, addresses, status = coded_addresses(pa.array(["::1", None, "-", "x", "::1"]))
    assert status[codes].tolist() == [
        *(ADDRESS_OK, ADDRESS_MISSING, ADDRESS_MISSING, ADDRESS_BROKEN, ADDRESS_OK)
    ]
    assert addresses.low[codes].tolist() == [1, 0, 0, 0, 1]
    assert len(addresses.texts) == len(addresses.high) == len(status)
