"""A report folder is read back in full, or refused with a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from auditor.errors import SourceError
from auditor.report import schema
from auditor.report_page.read import read_report
from tests.report_page.made import Flow, make_report, write_table

_NUMBERS = ("port", "flows", "connections", "bytes", "packets")


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a sound report."""
    return make_report(tmp_path / "report", [Flow(), Flow(finding="PERMITTED")], [("a", 1)])


def refused(folder, message, place=None):
    """Check the message of the refusal."""
    with pytest.raises(SourceError, match=f"^{re.escape(f'{message} - at {place or folder}')}$"):
        read_report(folder)


def test_read_report__returns_what_was_written(folder):
    """Groups, rules and the record; files of rows in order."""
    report = read_report(folder)
    assert report.summary["flows"].to_list() == [1, 1]
    assert report.summary["finding"].to_list() == ["VIOLATION", "PERMITTED"]
    assert report.rules["rule"].to_list() == ["a"]
    assert [batch["finding"].to_pylist() for batch in report.rows()] == [["VIOLATION", "PERMITTED"]]
    assert report.n_row_files == 1
    assert report.has_all_flows


def test_read_report__refuses_what_is_no_folder(tmp_path):
    """Nothing there, or a file."""
    refused(tmp_path / "absent", "expected the folder of a report, found nothing")
    (tmp_path / "file").touch()
    refused(tmp_path / "file", "expected the folder of a report, found a file")


def test_read_report__refuses_a_folder_without_a_report(tmp_path):
    """Any other folder."""
    refused(
        tmp_path,
        "expected what `auditor audit` or `auditor stream` wrote, found no `run.json` and no segments",
    )


def test_read_report__says_what_the_system_says(folder, monkeypatch):
    """A folder that cannot be listed, a record that cannot be read."""
    path = folder / "run.json"
    path.unlink()
    path.mkdir()
    refused(folder, "cannot read the record of the run: Is a directory", path)

    def fail(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", fail)
    refused(folder, "cannot list the folder: Permission denied")


def test_read_report__refuses_what_a_killed_audit_left(folder):
    """The record is written last: a folder without it is a part of a report."""
    (folder / "run.json").unlink()
    refused(
        folder, "expected a whole report, found one without `run.json`: the audit was killed, run it again"
    )


@pytest.mark.parametrize("name", ["summary.arrow", "rules.arrow", "rejected.arrow"])
def test_read_report__refuses_a_torn_report(folder, name):
    """A file that is cut off, is no Arrow file, has other columns, or is gone."""
    path = folder / name
    content = path.read_bytes()
    for broken in (content[: len(content) // 2], b"", b"ARROW1 and nothing else"):
        path.write_bytes(broken)
        refused(folder, "expected a whole report, this file of it is damaged", path)
    write_table(path, [], schema.FLOWS)
    refused(folder, "expected the columns of a report, found others", path)
    path.unlink()
    refused(folder, "expected a whole report, this file is not there", path)


def test_read_report__refuses_offsets_that_lead_nowhere(folder):
    """Text whose offsets are broken would crash whoever reads it."""
    path = folder / "rules.arrow"
    content = bytearray(path.read_bytes())
    place = content.find(b"allows a")
    assert place > 0
    offsets = content.rfind((8).to_bytes(4, "little"), 0, place)
    content[offsets : offsets + 4] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    refused(folder, "expected a whole report, this file of it is damaged", path)


def test_read_report__refuses_rows_that_say_nothing(folder):
    """A group without an end, a rule without a name, a finding that is none."""
    path = folder / "rules.arrow"
    content = path.read_bytes()
    write_table(path, [{"flows": 3}], schema.RULES)
    refused(folder, "expected a value of `rule` in every row, found none", path)
    path.write_bytes(content)
    path = folder / "summary.arrow"
    group = dict.fromkeys(schema.SUMMARY.names, "x") | dict.fromkeys(_NUMBERS, 1) | {"first_seen": None}
    group |= {"last_seen": None, "examples": []}
    write_table(path, [group], schema.SUMMARY)
    refused(folder, "expected a finding, found `x`", path)


def test_read_report__refuses_a_record_of_another_kind(folder):
    """Broken JSON, a field of another type, another schema."""
    path = folder / "run.json"
    record = json.loads(path.read_bytes())
    path.write_text("{", encoding="utf-8")
    refused(folder, "expected the record of a run: Input data was truncated", path)
    path.write_text(json.dumps(record | {"complete": "yes"}), encoding="utf-8")
    refused(folder, "expected the record of a run: Expected `bool`, got `str` - at `$.complete`", path)
    flows = record["flows"] | {"finding": {"VIOLATION": 1}}
    path.write_text(json.dumps(record | {"flows": flows}), encoding="utf-8")
    refused(
        folder,
        "expected the record of a run: expected a count of `MISDROPPED`, found none - at `$.flows`",
        path,
    )
    path.write_text(json.dumps(record | {"schema": "9"}), encoding="utf-8")
    refused(folder, "expected a report of schema `1`, found `9`: audit again with this version", path)
