"""Paths of generic JSON as a user writes them."""

from __future__ import annotations

import pytest

from auditor.errors import ConfigError
from auditor.flows.generic_names import NAMES
from auditor.flows.json_fields import DEFAULT_FIELDS, field_program, read_fields

LISTED = ", ".join(NAMES)


def test_read_fields__reads_paths():
    """Blanks around names and paths do not count, a backslash makes any letter one of the key."""
    found = read_fields(r" src_ip = source.ip ,dst_ip=a\.b.c\,d,weight=n")
    assert found == DEFAULT_FIELDS | {"src_ip": ("source", "ip"), "dst_ip": ("a.b", "c,d"), "weight": ("n",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "src_ip",
            "--json-fields expects NAME=PATH with commas between, such as `src_ip=source.ip`, got `src_ip`",
        ),
        (
            "src_ip=a..b",
            "--json-fields expects NAME=PATH with commas between, such as `src_ip=source.ip`, got `src_ip=a..b`",
        ),
        (
            "src_ip=.a",
            "--json-fields expects NAME=PATH with commas between, such as `src_ip=source.ip`, got `src_ip=.a`",
        ),
        (
            "src_ip=a\\",
            "--json-fields expects NAME=PATH with commas between, such as `src_ip=source.ip`, got `src_ip=a\\`",
        ),
        ("srcip=a", f"--json-fields knows no `srcip`; names are {LISTED}"),
        ("src_ip=a,src_ip=b", "--json-fields names `src_ip` more than once"),
        ("", "--json-fields expects at least one NAME=PATH, such as `src_ip=source.ip`, got none"),
        (
            "src_ip=a.b,dst_ip=a",
            "--json-fields leads to `src_ip` through `a`, which is the value of `dst_ip`",
        ),
        (
            "src_ip=bytes.x",
            "--json-fields leads to `src_ip` through `bytes`, which is the value of `bytes`",
        ),
    ],
)
def test_read_fields__says_what_is_wrong(text, message):
    """With the way out."""
    with pytest.raises(ConfigError) as raised:
        read_fields(text)
    assert str(raised.value) == message


def test_field_program__shares_slots():
    """Two names of one path are noted once; objects on the way have slots of their own."""
    found = field_program(read_fields("time_start=ts,time_end=ts,src_ip=source.ip,dst_ip=destination.ip"))
    assert found is not None
    assert len(set(found.slots.tolist())) == len(NAMES) - 1
    assert found.n_slots == len(NAMES) - 1 + 2
