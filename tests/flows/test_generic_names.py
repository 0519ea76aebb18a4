"""Column names of generic flow tables."""

from __future__ import annotations

import pytest

from auditor.errors import SourceError
from auditor.flows.generic_names import NO_OBSERVED, REQUIRED, check_names, column_warnings
from auditor.report.schema import FLOWS

LONG = ["column_" + "x" * 90]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["src_ip", "dst_ip", "proto", "dport"],
            (
                "expected columns `protocol` (is it `proto`?), `dst_port` (is it `dport`?); "
                "found `src_ip, dst_ip, proto, dport` - at log"
            ),
        ),
        (
            ["SRC_IP", "dst-ip", "Protocol", "dst_port"],
            (
                "expected columns `src_ip` (is it `SRC_IP`?), `dst_ip` (is it `dst-ip`?), "
                "`protocol` (is it `Protocol`?); found `SRC_IP, dst-ip, Protocol, dst_port` - at log"
            ),
        ),
        (
            ["src_ip", "dst_ip", "protocol", "dst_prt"],
            "expected columns `dst_port` (is it `dst_prt`?); found `src_ip, dst_ip, protocol, dst_prt` - at log",
        ),
        (
            ["src_ip", "dst_ip", "protocol", "src_port"],
            "expected columns `dst_port`; found `src_ip, dst_ip, protocol, src_port` - at log",
        ),
        ([], "expected columns `src_ip`, `dst_ip`, `protocol`, `dst_port`; found none - at log"),
        (
            ["a\x1b[31m"],
            "expected columns `src_ip`, `dst_ip`, `protocol`, `dst_port`; found `a?[31m` - at log",
        ),
        (
            LONG,
            (
                "expected columns `src_ip`, `dst_ip`, `protocol`, `dst_port`; "
                f"found `{LONG[0][:80]}...` - at log"
            ),
        ),
        ([*REQUIRED, "src_ip"], "column `src_ip` stands more than once in the table - at log"),
    ],
)
def test_check_names__says_what_is_missing(names, message):
    """The message lists what is missing, what may be meant, and what there is."""
    with pytest.raises(SourceError) as caught:
        check_names("log", names)
    assert str(caught.value) == message


def test_check_names__lets_other_columns_pass():
    """Columns that are not ours may be there, even twice."""
    check_names("log", [*REQUIRED, "x", "x", "bytes"])


@pytest.mark.parametrize(
    ("others", "warnings"),
    [
        (["observed"], ()),
        ([], (NO_OBSERVED,)),
        (["action"], ("column `action` (is it `observed`?) is not read", NO_OBSERVED)),
        (
            ["Action", "timestamp", "End", "sport", "note"],
            (
                (
                    "columns `Action` (is it `observed`?), `timestamp` (is it `time_start`?), `End` (is it "
                    "`time_end`?), `sport` (is it `src_port`?), `note` are not read"
                ),
                NO_OBSERVED,
            ),
        ),
        (["verdict"], ("column `verdict` (is it `observed`?) is not read", NO_OBSERVED)),
        (["observed", "verdict", "finding", "source_row"], ()),
        (["observed", "obsrved", "byts"], ("columns `obsrved`, `byts` (is it `bytes`?) are not read",)),
        (["observed", "a\x1b[31m"], ("column `a?[31m` is not read",)),
        (
            ["observed", *(f"x{n}" for n in range(12))],
            ("columns `x0`, `x1`, `x2`, `x3`, `x4`, `x5`, `x6`, `x7`, `x8`, `x9` and 2 more are not read",),
        ),
    ],
)
def test_column_warnings__says_what_is_not_read(others, warnings):
    """Every column that is passed by is named, with the one it may stand for, and so is the lack of `observed`."""
    assert column_warnings([*REQUIRED, *others]) == warnings


def test_column_warnings__knows_the_report():
    """A report is a flow table: nothing in it is a surprise."""
    assert column_warnings(FLOWS.names) == ()


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        *((name, "observed") for name in ("action", "verdict", "decision", "disposition")),
        *((name, "time_start") for name in ("timestamp", "time", "start")),
        ("end", "time_end"),
        *((name, "src_port") for name in ("sport", "source_port")),
    ],
)
def test_column_warnings__knows_other_spellings(name, ours):
    """What other tools call a column leads to ours."""
    assert column_warnings([*REQUIRED, name])[0] == f"column `{name}` (is it `{ours}`?) is not read"


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        *(("src_ip", name) for name in ("src", "source", "saddr", "srcaddr")),
        *(("dst_ip", name) for name in ("dst", "destination", "daddr", "dstaddr")),
        *(("dst_port", name) for name in ("dport", "dest_port")),
        ("protocol", "proto"),
    ],
)
def test_check_names__knows_other_spellings(ours, name):
    """What other tools call a required column is suggested."""
    names = [name if required == ours else required for required in REQUIRED]
    with pytest.raises(SourceError) as caught:
        check_names("log", names)
    message = f"expected columns `{ours}` (is it `{name}`?); found `{', '.join(names)}` - at log"
    assert str(caught.value) == message
