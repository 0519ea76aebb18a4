"""Findings over time."""

from __future__ import annotations

from collections import Counter

import pytest

from auditor.errors import SourceError
from auditor.report import schema
from auditor.report_page.read import read_report
from auditor.report_page.timeline import timeline
from auditor.report_page.verdict import window
from tests.report_page.made import NOON, Flow, make_report, write_rows, write_table

START = int(NOON.timestamp())


@pytest.mark.parametrize(
    ("span", "step"),
    [(0, 1), (59, 1), (3_600, 60), (86_400, 1_800), (60 * 86_400, 86_400), (600 * 86_400, 864_000)],
)
def test_timeline__counts_each_flow_once(tmp_path, span, step):
    """Bins that a clock shows, and in each as many flows as began in it, by weight."""
    flows = [
        Flow(second=span * place / 40, finding=schema.WORST_FIRST[place % 5], weight=place + 1)
        for place in range(41)
    ]
    report = make_report(tmp_path, flows)
    write_rows(report, flows[:20])
    write_rows(report, flows[20:], number=1)
    report = read_report(report)
    found = timeline(report, *window(report))
    expected = Counter()
    for flow in flows:
        expected[flow.finding, (START + int(flow.second)) // step * step] += flow.weight
    assert found.step == step
    assert Counter({(bin_.series, bin_.start): bin_.value for bin_ in found.bins}) == expected
    assert (found.n_rows, found.n_timed) == (41, 41)


def test_timeline__leaves_out_what_has_no_time(tmp_path):
    """Those are counted."""
    report = read_report(make_report(tmp_path, [Flow(second=None), Flow(second=5)]))
    found = timeline(report, *window(report))
    assert (found.n_rows, found.n_timed, [bin_.value for bin_ in found.bins]) == (2, 1, [1])


def test_timeline__bears_times_that_contradict_the_summary(tmp_path):
    """Rows outside the window of the summary stand at its ends; a window that ends before it begins is one bin."""
    report = read_report(make_report(tmp_path, [Flow(second=place) for place in range(60)]))
    assert sum(bin_.value for bin_ in timeline(report, START + 20, START + 30).bins) == 60
    assert [bin_.value for bin_ in timeline(report, START + 30, START).bins] == [60]


def test_timeline__refuses_a_damaged_file(tmp_path):
    """The file is named."""
    report = read_report(make_report(tmp_path, [Flow()]))
    path = tmp_path / "verdicts-00000.arrow"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(
        SourceError, match=r"^expected a whole report, this file of it is damaged - at .*verdicts-00000"
    ):
        timeline(report, *window(report))
    write_table(path, [], schema.RULES)
    with pytest.raises(
        SourceError, match=r"^expected the columns of a report, found others - at .*verdicts-00000"
    ):
        timeline(report, *window(report))
