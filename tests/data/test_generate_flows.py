"""The generator's command line writes what an audit takes."""

from __future__ import annotations

import sys

import pytest

from auditor.flows.sniff import FlowOptions, open_flow_log
from auditor.sources.files import find_files
from auditor.synthetic.files import FORMATS
from data.generate_flows import main


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_main__writes_every_format(tmp_path, monkeypatch, capsys, log_format, compression):
    """As many flows as asked, in as many files, of the format and compression asked for."""
    sizes = ["--policies", "20", "--pods", "200", "--flows", "301", "--files", "2"]
    chosen = ["--format", log_format, *(["--compression", compression] if compression else [])]
    monkeypatch.setattr(sys, "argv", ["generate_flows", str(tmp_path), *sizes, *chosen])
    main()
    assert "301 flows" in capsys.readouterr().out
    files = find_files([str(tmp_path / "flows")])
    assert len(files) == 2
    parts = [part() for file in files for part in open_flow_log(file, FlowOptions()).parts()]
    assert sum(part.account.n_rows - part.account.skipped.get("header", 0) for part in parts) == 301
    assert all(part.account.rejected == {} for part in parts)
    assert {file.name.endswith(".gz") for file in files} == {
        compression is not None and log_format != "vpc-parquet"
    }
