"""How VPC text names its columns."""

from __future__ import annotations

import pytest

from auditor.errors import ConfigError
from auditor.flows.vpc_columns import (
    DEFAULT_FIELDS,
    FIELDS,
    Columns,
    has_packet_addresses,
    missing_fields,
    read_format,
    read_header,
    unknown_fields,
)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        (b"version account-id srcaddr", ("version", "account-id", "srcaddr")),
        (b"version account_id pkt_srcaddr\r", ("version", "account-id", "pkt-srcaddr")),
        (b"  srcaddr\tdstaddr ", ("srcaddr", "dstaddr")),
        (b"# format: version srcaddr new_one", ("version", "srcaddr", "new-one")),
        (b"#FORMAT : srcaddr dstaddr", ("srcaddr", "dstaddr")),
        (b"version srcaddr brand-new another_1", ("version", "srcaddr", "brand-new", "another-1")),
        (" ".join(DEFAULT_FIELDS).encode(), DEFAULT_FIELDS),
        (" ".join(sorted(FIELDS)).replace("-", "_").encode(), tuple(sorted(FIELDS))),
    ],
)
def test_read_header__knows_headers(line, names):
    """A line of field names, in either spelling, with new ones among them or after a comment mark."""
    assert read_header(line) == Columns(names)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"version",
        b"2 123456789010 eni-1 - - - - - - - 1 2 - NODATA",
        b"- eni-1235b8ca123456789 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5",
        b"version 5 10.0.0.1",
        b"new-one version srcaddr dstaddr",
        b"version new-1 new-2",
        b"version srcaddr dstaddr Upper",
        b"version srcaddr dstaddr -",
        b"# version srcaddr dstaddr",
        b"# format",
        b"# format: 2 3",
        b"## format: srcaddr dstaddr",
        "version srcaddr dstaddr fü".encode(),
        b"\xff srcaddr",
    ],
)
def test_read_header__leaves_the_rest_alone(line):
    """A record, a comment, a stray word is no header."""
    assert read_header(line) is None


def test_read_header__refuses_a_name_twice():
    """Which of two equal columns holds the address nobody knows."""
    with pytest.raises(ValueError, match=r"^names the field `srcaddr` twice$"):
        read_header(b"version srcaddr src-addr dstaddr srcaddr")


@pytest.mark.parametrize(
    "text",
    [
        "srcaddr dstaddr dstport protocol new_one",
        "${srcaddr} ${dstaddr} ${dstport} ${protocol} ${new-one}",
        "${srcaddr}${dstaddr}\n${dstport} protocol new-one",
    ],
)
def test_read_format__reads_both_ways_of_writing(text):
    """The format as AWS keeps it and bare names are the same."""
    assert read_format(text) == Columns(("srcaddr", "dstaddr", "dstport", "protocol", "new-one"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "",
            "--vpc-format lacks `srcaddr`, `dstaddr`, `dstport` and `protocol`, without which no record can be judged",
        ),
        (
            "pkt-srcaddr dstaddr dstport",
            "--vpc-format lacks `protocol`, without which no record can be judged",
        ),
        (
            "srcaddr,dstaddr",
            "--vpc-format expects field names such as `${srcaddr}` or `srcaddr`, got `srcaddr,dstaddr`",
        ),
        ("$srcaddr", "--vpc-format expects field names such as `${srcaddr}` or `srcaddr`, got `$srcaddr`"),
        (
            "scraddr dstaddr dstport protocol brand-new",
            (
                "--vpc-format lacks `srcaddr`, without which no record can be judged; not known: "
                "`scraddr` (is it `srcaddr`?), `brand-new`"
            ),
        ),
        ("srcaddr dstaddr dst_port dstaddr", "--vpc-format names the field `dstaddr` twice"),
    ],
)
def test_read_format__says_what_is_wrong(text, message):
    """A format that cannot be used is an error of the flag."""
    with pytest.raises(ConfigError) as caught:
        read_format(text)
    assert str(caught.value) == message


def test_missing_fields__names_what_a_verdict_needs():
    """Either kind of address will do; port and protocol must be there."""
    assert missing_fields(("pkt-srcaddr", "dstaddr", "dstport", "protocol")) == ""
    assert missing_fields(("pkt-srcaddr", "dstaddr")) == "`dstport` and `protocol`"


def test_unknown_fields__names_them_and_what_may_be_meant():
    """New fields are let through, and misspelled ones shown."""
    assert unknown_fields(DEFAULT_FIELDS) == ""
    names = ("srcaddr", "brand-new", "tcp-flgs", "brand-new")
    assert unknown_fields(names) == "`brand-new`, `tcp-flgs` (is it `tcp-flags`?)"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (DEFAULT_FIELDS, False),
        (("srcaddr", "pkt-dstaddr"), False),
        (("pkt-srcaddr", "pkt-dstaddr"), True),
        (("version", "resource-type", "srcaddr", "dstaddr"), True),
    ],
)
def test_has_packet_addresses__knows_the_logs_that_hide_pods(names, expected):
    """Default-format logs hold interface addresses; those of a transit gateway are the packet's."""
    assert has_packet_addresses(names) is expected
