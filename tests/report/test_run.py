"""The record of the run."""

from __future__ import annotations

import json

import pytest

from auditor.flows.schema import Account
from auditor.report.run import flows_per_second, run_document, run_json
from auditor.report.tally import Tally


@pytest.fixture
def totals(cluster, row, outcomes):
    """Return the totals of a file with flows, skipped, rejected and lost rows."""
    account = Account(n_rows=7, skipped={"header": 1}, losses={"SKIPDATA": 3})
    account.reject("no address", [2, 3], 3)
    tally = Tally.create(2)
    tally.add(*cluster.batches([row(), row(), row(**outcomes["PERMITTED"])], account=account))
    return tally.finish()


def test_run_document__says_all_there_is_to_say(run, totals):
    """Inputs, counts, losses, options and times stand in one document, and every number adds up."""
    document = run_document(run, totals, ["a note"])
    assert document["schema"] == "1"
    assert document["engine"] == {"name": "auditor", "version": "0.1.0"}
    assert document["fingerprint"] == "f" * 64
    assert document["complete"] is True
    assert document["missing"] == []
    assert document["warnings"] == ["a note"]
    assert document["options"] == {"rows": "violations", "own_node": "allow"}
    assert document["inputs"] == [
        {"role": "flows", "file": "flows.log", "size_bytes": 1234, "sha256": "a" * 64, "format": "vpc-text"}
    ]
    assert document["rows"] == {
        "read": 7,
        "classified": 3,
        "skipped": {"header": 1},
        "rejected": {"no address": 3},
    }
    assert document["files"] == [
        {
            "file": "flows.log",
            "rows": 7,
            "classified": 3,
            "skipped": {"header": 1},
            "rejected": {"no address": 3},
            "losses": {"SKIPDATA": 3},
        }
    ]
    assert document["losses"] == {"SKIPDATA": 3}
    assert document["flows"]["verdict"] == {"ALLOWED": 1, "DENIED": 2, "UNKNOWN": 0}
    assert document["flows"]["finding"]["VIOLATION"] == 2
    assert document["flows"]["observed"]["FORWARDED"] == 3
    assert document["flows"]["ingress_reason"]["allowed-by-rule"] == 1
    assert document["flows"]["egress_reason"]["not-isolated"] == 3
    assert document["flows"]["weight"] == 3
    assert document["time"] == {
        "started": "2026-01-02T03:04:05Z",
        "wall_s": 2.0,
        "cpu_s": 3.0,
        "flows_per_second": 2,
        "stages": {"decode": {"wall_s": 0.5, "cpu_s": 0.75}},
    }


def test_run_document__says_what_is_missing(run, totals):
    """A run that lacks something is not complete, and says what."""
    run.missing.append("`b.log` ends in the middle of a record")
    document = run_document(run, totals)
    assert document["complete"] is False
    assert document["missing"] == ["`b.log` ends in the middle of a record"]


def test_run_json__has_sorted_keys_and_a_line_end(run, totals):
    """The bytes are indented JSON, keys sorted at every depth."""
    text = run_json(run_document(run, totals))
    assert json.loads(text) == run_document(run, totals)
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True).encode() + b"\n"


def test_run_json__stores_what_is_no_utf8(run, totals):
    """Names that are no UTF-8 are stored as escapes, as keys and as values."""
    run.warnings.append("\udcff")
    run.options["flows"] = ["\udcfe", {"\udcfd": 1}]
    document = json.loads(run_json(run_document(run, totals)))
    assert document["warnings"] == ["\\udcff"]
    assert document["options"]["flows"] == ["\\udcfe", {"\\udcfd": 1}]


def test_flows_per_second__is_unknown_before_the_end(run, totals):
    """Without a time there is no speed."""
    run.wall_s = 0.0
    assert flows_per_second(run, totals) is None
