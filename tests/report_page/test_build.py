"""The page says what the files hold."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import pytest

from auditor.page.numbers import NOT_KNOWN
from auditor.report_page.build import report_page
from auditor.report_page.read import read_report
from tests.report_page.made import Flow, make_report

FLOWS = [
    *[Flow(second=place) for place in range(30)],
    *[Flow("shop/web", "shop/cart", "PERMITTED", place, 8080) for place in range(200)],
    *[Flow("192.0.2.7", "shop/web", "UNDECIDED", 90, 443, "external", reason="unknown-address")] * 4,
    Flow("pay/db", "pay/db", "BLOCKED", 3_000, weight=5),
    Flow("shop/cart", "pay/db", "MISDROPPED", 3_600),
]
RULES = [("NetworkPolicy/pay/db:ingress[0]", 200), ("NetworkPolicy/pay/old:ingress[0]", 0)]


def page_of(folder, flows, *arguments, **settings):
    """Return the page of a report."""
    return report_page(read_report(make_report(folder, flows, *arguments, **settings)))


def key_figures(page):
    """Return value and note by label."""
    value = r"<dt>([^<]*)</dt>\n<dd><span class=\"value\">([^<]*)</span>"
    found = re.findall(value + r"(?:<span class=\"note\">([^<]*))?", page)
    return {label: (value, note) for label, value, note in found}


def rows_of(page, caption):
    """Return the texts of the cells of the first table called so."""
    table = page.split(f"<caption>{caption}")[1].split("</tbody>")[0].split("<tbody>")[1]
    return [
        [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", table)
    ]


def test_report_page__counts_what_the_flows_are(tmp_path):
    """The numbers on top are those of a few lines of Python."""
    found = key_figures(page_of(tmp_path, FLOWS, RULES, rejected=[("flows.log", "too-short", 7)]))
    counts = Counter(flow.finding for flow in FLOWS)
    assert found["Violations"] == (str(counts["VIOLATION"]), "in 1 group")
    assert found["Misdropped"] == (str(counts["MISDROPPED"]), "in 1 group")
    assert found["Undecided"] == (str(counts["UNDECIDED"]), "in 1 group")
    assert found["Flows judged"] == (str(len(FLOWS)), f"stand for {sum(flow.weight for flow in FLOWS)}")
    assert found["Rows rejected"] == ("7", f"of {len(FLOWS) + 7} read; 0 skipped")
    assert found["Rules never used"] == ("1", "of 2 rules")
    assert found["Window (UTC)"] == ("12:00 to 13:00", "2026-01-05")


def test_report_page__adds_up_namespaces(tmp_path):
    """The table of the grid holds each pair of namespaces with its flows."""
    page = page_of(tmp_path, FLOWS, RULES)
    expected = Counter()
    for flow in FLOWS:
        source, destination = (name.split("/")[0] if "/" in name else "(external)" for name in flow[:2])
        expected[source, destination] += flow.weight
    found = rows_of(page, "All flows by namespace of both ends")
    assert {(row[0], row[1]): int(row[2]) for row in found} == expected
    assert rows_of(page, "Violations by namespace of both ends") == [["shop", "pay", "30"]]


def test_report_page__adds_up_namespaces_beyond_what_a_grid_holds(tmp_path):
    """The largest keep their names; the others are one, which comes last."""
    flows = [Flow(f"ns{place:02}/a", "pay/db", weight=100 - place) for place in range(40)]
    found = rows_of(page_of(tmp_path, flows), "Violations by namespace of both ends")
    assert len(found) == 24
    assert ["ns22", "pay", "78"] in found
    assert ["(others)", "pay", f"{sum(100 - place for place in range(23, 40)):,}"] in found


def test_report_page__names_files_that_were_not_read(tmp_path):
    """With the reason."""
    page = page_of(tmp_path, FLOWS, skipped_files={"flows/x.bin": "no flow log"})
    assert rows_of(page, "Files that were found and not read") == [["flows/x.bin", "no flow log"]]


def test_report_page__names_both_days_of_a_window(tmp_path):
    """A window of several days is written as days."""
    page = page_of(tmp_path, [Flow(), Flow(second=2 * 86_400)], rows="violations")
    assert key_figures(page)["Window (UTC)"] == (
        "2026-01-05 to 01-07",
        "12:00 to 12:00, of the flows in this report",
    )
    assert key_figures(page_of(tmp_path / "no", []))["Window"][0] == NOT_KNOWN


def test_report_page__lists_groups_with_their_reason(tmp_path):
    """Worst first, with an example without the common folder."""
    page = page_of(tmp_path, FLOWS, RULES)
    first = rows_of(page, "The worst groups, and why")[0]
    reason = "ingress: no rule of the policies that isolate the pod allows it (pay/db, pay/deny)"
    assert first == ["VIOLATION", "shop/web", "pay/db", "5432/TCP", "30", reason, "logs/flows.log:7"]
    assert len(rows_of(page, "Groups of flows")) == 5


def test_report_page__marks_rules_never_used(tmp_path):
    """They come first, and the lead says that this proves nothing."""
    page = page_of(tmp_path, FLOWS, RULES)
    assert [row[:3] for row in rows_of(page, "Rules, those")] == [
        ["NetworkPolicy/pay/old:ingress[0]", "never", "0"],
        ["NetworkPolicy/pay/db:ingress[0]", "used", "200"],
    ]
    assert "1 of 2 rules never decided a flow" in page


@pytest.mark.parametrize(
    ("findings", "tone", "headline"),
    [
        (["VIOLATION", "PERMITTED"], "bad", "1 of 2 flows violates the policies, in 1 group."),
        (["VIOLATION"] * 2, "bad", "2 of 2 flows violate the policies, in 1 group."),
        (["MISDROPPED"], "warn", "No violation, but 1 flow that the policies allow was dropped."),
        (["UNDECIDED"] * 3, "unsure", "No violation found; 3 flows could not be judged."),
        (["PERMITTED", "BLOCKED"], "good", "No violation among 2 flows."),
        ([], "unsure", "No flow was classified, so nothing can be said."),
    ],
)
def test_report_page__answers_first(tmp_path, findings, tone, headline):
    """The headline is the worst that was found."""
    page = page_of(tmp_path, [Flow(finding=finding) for finding in findings])
    assert f'<div class="verdict {tone}">\n<p class="headline">{headline}</p>' in page


def test_report_page__marks_what_is_incomplete(tmp_path):
    """On top, and what is missing with the coverage."""
    page = page_of(tmp_path, [Flow(finding="PERMITTED")], complete=False, missing=["stopped by Ctrl-C"])
    assert (
        '<div class="verdict warn">\n<p class="headline">Incomplete: No violation among 1 flow.</p>' in page
    )
    assert '<p class="remark bad">Incomplete: stopped by Ctrl-C</p>' in page


def test_report_page__says_what_the_folder_does_not_hold(tmp_path):
    """Other flows, times, files of rows: a line each."""
    page = page_of(tmp_path / "few", [Flow(second=None)], rows="violations")
    assert page.count("holds only the flows that ask for a look") == 1
    assert "No flow of this report has a time." in page
    folder = make_report(tmp_path / "gone", FLOWS)
    (folder / "verdicts-00000.arrow").unlink()
    assert "The files of flow rows are not in the folder." in report_page(read_report(folder))
    folder = make_report(tmp_path / "part", FLOWS, flows=make_flows(FLOWS, 7))
    assert f"The folder holds {len(FLOWS)} of {len(FLOWS) + 7} rows of flows" in report_page(
        read_report(folder)
    )


def make_flows(flows, n_more):
    """Return the counts of a run with so many more permitted flows than the rows tell."""
    finding = Counter(flow.finding for flow in flows)
    finding["PERMITTED"] += n_more
    return {
        "classified": len(flows) + n_more,
        "weight": len(flows),
        "verdict": {},
        "finding": dict(finding),
        "observed": {},
    }


@pytest.mark.jit_only
def test_report_page__stays_below_3_mb(tmp_path):
    """Ten thousand groups and two thousand rules with the longest names that Kubernetes allows."""
    flows = [
        Flow(f"{place:063}/{'s' * 180}{place}", f"{place:063}/{'d' * 180}{place}", second=place)
        for place in range(10_000)
    ]
    rules = [(f"NetworkPolicy/{place:063}/{'n' * 180}:ingress[0]", place % 3) for place in range(2_000)]
    page = page_of(tmp_path, flows, rules)
    assert len(page.encode()) < 3_000_000
    assert re.search(r"\(the first [\d,]+ of 10,000 rows\)", page)


@pytest.mark.jit_only
def test_report_page__holds_ten_thousand_groups_of_usual_names(tmp_path):
    """All of them, and far below the limit."""
    flows = [
        Flow(f"namespace-{place % 40}/workload-{place}", f"payments/api-{place % 700}", second=place)
        for place in range(10_000)
    ]
    page = page_of(tmp_path, flows)
    assert len(page.encode()) < 1_500_000
    assert re.search(r"<caption>Groups of flows[^<(]*</caption>", page)
