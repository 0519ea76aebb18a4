"""The generic log as a flow log."""

from __future__ import annotations

import pytest

from auditor.flows.generic import GenericLog
from auditor.flows.generic_names import NO_OBSERVED
from auditor.flows.options import FlowOptions
from tests.flows.decoded import input_file
from tests.flows.tables import by_columns, generic, ipc_bytes, parquet_bytes, table

CSV = (
    b"src_ip,dst_ip,protocol,dst_port\n"
    b"10.0.0.1,10.0.0.2,TCP,80\nfe80::1,fe80::2,ICMPv6,\n10.0.0.3,10.0.0.4,udp,53\n10.0.0.1,10.0.0.2,132,38412\n"
)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "csv"])
def test_generic_log__names_itself(tmp_path, kind):
    """File and format are what reports print."""
    log = GenericLog(input_file(tmp_path / "log", b"x"), FlowOptions(), kind)
    assert (log.file, log.format, log.warnings) == ("log", f"generic-{kind}", ())


def test_generic_log__is_the_same_in_every_carrier(tmp_path):
    """Parquet, Arrow and CSV of one table decode to the same flows; only CSV counts lines instead of rows."""
    expected = by_columns(tmp_path).rows
    assert generic(tmp_path, ipc_bytes(table()), "arrow").rows == expected
    lines = [row._replace(row=row.row - 1) for row in generic(tmp_path, CSV, "csv").rows]
    assert lines == expected


@pytest.mark.parametrize("kind", ["parquet", "arrow", "csv"])
def test_generic_log__warns_of_columns_that_are_not_read(tmp_path, kind):
    """Whatever carries the table, a user learns what was passed by."""
    columns = table(action=["allow"] * 4)
    content = {
        "parquet": parquet_bytes(columns),
        "arrow": ipc_bytes(columns),
        "csv": CSV.replace(b"dst_port\n", b"dst_port,action\n"),
    }
    expected = ("column `action` (is it `observed`?) is not read", NO_OBSERVED)
    assert generic(tmp_path, content[kind], kind).warnings == expected
