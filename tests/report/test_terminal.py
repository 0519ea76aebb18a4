"""What a user sees."""

from __future__ import annotations

import re

import pytest

from auditor.flows.schema import Account
from auditor.report.run import Stage
from auditor.report.tally import Tally
from auditor.report.terminal import counts_text, findings_text
from kernels import codes


@pytest.fixture
def found(cluster, row, outcomes):
    """Return the summary and totals of six flows with all three findings that ask for a look."""
    flows = [
        row(),
        row(weight=1200, dst_port=0, protocol=1),
        row(src="198.51.100.7"),
        row(**outcomes["MISDROPPED"]),
        row(**outcomes["UNDECIDED"]),
        row(**outcomes["PERMITTED"]),
    ]
    return cluster.summary(cluster.rows(flows)), cluster.totals(flows)


def test_findings_text__is_grouped_worst_first(found):
    """Each finding has a heading that says what it means, and its groups in aligned columns."""
    assert findings_text(*found) == (
        "VIOLATION: the policies deny it, and nothing is known to have stopped it (1,202 flows in 3 groups)\n"
        "  SOURCE        DESTINATION  PORT      REASON                      FLOWS\n"
        "  shop/web      pay/db       ICMP      no-rule-matched on ingress  1,200\n"
        "  198.51.100.7  pay/db       5432/TCP  no-rule-matched on ingress      1\n"
        "  shop/web      pay/db       5432/TCP  no-rule-matched on ingress      1\n"
        "\n"
        "MISDROPPED: the policies allow it, yet a policy dropped it (1 flow in 1 group)\n"
        "  SOURCE    DESTINATION  PORT      REASON                      FLOWS\n"
        "  shop/web  pay/db       5432/TCP  allowed-by-rule on ingress      1\n"
        "\n"
        "UNDECIDED: the policies cannot be applied, for the reason given (1 flow in 1 group)\n"
        "  SOURCE    DESTINATION  PORT      REASON                      FLOWS\n"
        "  shop/web  pay/db       5432/TCP  unknown-address on ingress      1\n"
    )


def test_findings_text__shows_no_more_of_a_finding_than_asked(found):
    """What does not fit is counted under its finding, and where it stands is said; other findings are shown."""
    text = findings_text(*found, limit=1)
    assert "(1,202 flows in 3 groups)" in text
    assert "  1,200\n  and 2 more groups in summary.arrow\n\nMISDROPPED: " in text
    assert text.count("more group") == 1
    assert "  and 1 more group in summary.arrow\n" in findings_text(*found, limit=2)
    assert findings_text(*found, limit=1, width=100).count("\n  and 2 more groups in summary.arrow\n") == 1


@pytest.mark.parametrize("options", [{}, {"width": 120}])
def test_findings_text__folds_external_addresses(cluster, row, options):
    """A scan of many addresses is one line, which hides nothing else."""
    flows = [*(row(src=f"192.0.2.{16 + number}") for number in range(15)), row(weight=3)]
    text = findings_text(cluster.summary(cluster.rows(flows)), cluster.totals(flows), **options)
    lines = [" ".join(line.split()) for line in text.splitlines()[2:]]
    assert lines == [
        "15 external addresses in 192.0.2.16/28 pay/db 5432/TCP no-rule-matched on ingress 15",
        "shop/web pay/db 5432/TCP no-rule-matched on ingress 3",
    ]


def test_findings_text__calls_further_ends_other(cluster, row):
    """Groups of all that came past the limit of groups are not taken for an end called like its kind."""
    flows = [row(), row(src="198.51.100.1"), row(src="10.0.9.9"), row(dst="10.0.0.4")]
    table = cluster.summary(cluster.rows(flows), max_groups=1)
    text = findings_text(table, cluster.totals(flows))
    assert [re.split("  +", line)[1:3] for line in text.splitlines()[2:]] == [
        ["other external addresses", "pay/db"],
        ["other pods", "other pods"],
        ["shop/web", "pay/db"],
        ["other unknown addresses", "pay/db"],
    ]


def test_findings_text__shows_everything_wide(found):
    """The wide form has every finding and column."""
    text = findings_text(*found, is_wide=True)
    assert "PERMITTED: the policies allow it (1 flow in 1 group)\n" in text
    line = next(line for line in text.splitlines() if "198.51.100.7" in line)
    assert line.split() == [
        "198.51.100.7",
        "pay/db",
        "5432/TCP",
        "no-rule-matched",
        "on",
        "ingress",
        "1",
        "1",
        "100",
        "2",
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:01Z",
        "flows.log:3",
        "ingress:",
        "NetworkPolicy/pay/db",
    ]


def test_findings_text__writes_a_dash_for_what_is_unknown(cluster, row):
    """The wide form invents no number and no time."""
    flows = [row(time=None, n_bytes=None, packets=None, src_port=0, egress=codes.OUTCOME_NO_RULE_MATCHED)]
    text = findings_text(cluster.summary(cluster.rows(flows)), cluster.totals(flows), is_wide=True)
    assert text.splitlines()[2].split()[3:] == [
        *("no-rule-matched", "on", "both", "sides", "1"),
        *("-", "-", "-", "-", "-", "flows.log:1"),
        *("egress:", "NetworkPolicy/shop/out;", "ingress:", "NetworkPolicy/pay/db"),
    ]


def test_findings_text__says_clearly_that_nothing_was_found(cluster, row, outcomes):
    """A clean run is one sentence; with all rows in the wide form the others follow it."""
    flows = [row(**outcomes["PERMITTED"])] * 1500
    sentence = "Nothing found: no violation, misdropped or undecided flow among 1,500 flows.\n"
    totals = cluster.totals(flows)
    assert findings_text(cluster.summary(), totals) == sentence
    table = cluster.summary(cluster.rows(flows))
    assert findings_text(table, totals) == sentence
    assert findings_text(table, totals, is_wide=True).startswith(sentence + "\nPERMITTED: ")


def test_findings_text__does_not_call_an_empty_log_clean(cluster):
    """No flow at all is not the same as no finding."""
    assert findings_text(cluster.summary(), cluster.totals([])) == (
        "No flow was classified, so nothing can be said.\n"
    )


def test_findings_text__fits_the_terminal(cluster, row):
    """In 100 columns long names go on in the next line, none is cut, and no line is longer."""
    address = "2001:0db8:0000:0000:0000:0000:0000:0001" * 2
    flows = [row(src=address, dst="198.51.100.7"), row()]
    args = (cluster.summary(cluster.rows(flows)), cluster.totals(flows))
    for width in (100, 80):
        text = findings_text(*args, width=width)
        assert max(len(line) for line in text.splitlines()) <= width
        assert "\x1b" not in text
        assert address in "".join(line.split(" ")[0] for line in text.splitlines()[2:])
        assert "no-rule-matched" in text
    assert findings_text(*args, width=100, is_wide=True) == findings_text(*args, is_wide=True)
    short = findings_text(*args[:1], args[1], width=100).splitlines()
    assert short[1].split() == ["SOURCE", "DESTINATION", "PORT", "REASON", "FLOWS"]
    assert any(
        line.split() == ["shop/web", "pay/db", "5432/TCP", "no-rule-matched", "on", "ingress", "1"]
        for line in short
    )


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("width", [1, 40, 60, 70, 80, 99, 100, 200])
def test_findings_text__keeps_every_number_whole(cluster, row, width, colour):
    """However narrow the terminal, every count of flows and every port is in one piece, and so is the heading."""
    weights = {5432: 2_180, 65_535: 1_234_567, 1: 9, 8443: 987_654_321_012}
    flows = [row(src="2001:db8:0:1:2:3:4:5", dst_port=port, weight=weights[port]) for port in weights]
    flows += [row(dst_port=0, protocol=58, weight=77), row(dst="10.0.0.4", weight=31)]
    args = (cluster.summary(cluster.rows(flows)), cluster.totals(flows))
    text = re.sub(r"\x1b\[[0-9;]*m", "", findings_text(*args, width=width, colour=colour))
    words = text.split()
    for port, weight in weights.items():
        line = next(line.split() for line in text.splitlines() if f" {port}/TCP " in line)
        assert line[-1] == f"{weight:,}"
    assert {"ICMPv6", "77", "31", "PORT", "FLOWS", "REASON"} <= set(words)
    assert "…" not in text
    assert "".join(words).startswith("VIOLATION:thepoliciesdenyit,")


def test_findings_text__shortens_reasons_before_a_table_is_too_wide(cluster, row):
    """Below 100 columns sides are bare words; reasons then go on in the next line, and last lines are longer."""
    flows = [row(weight=2180, egress=codes.OUTCOME_NO_RULE_MATCHED, src="2001:db8:feed:1::17")]
    args = (cluster.summary(cluster.rows(flows)), cluster.totals(flows))
    endings = {
        100: "no-rule-matched on both sides  2,180",
        99: "no-rule-matched, both  2,180",
        70: "no-rule-matched, both  2,180",
        60: "no-rule-matched,  2,180",
        40: "2001:db8:feed:1::17  pay/db       5432/TCP  no-rule-matched, both  2,180",
    }
    for width, ending in endings.items():
        lines = findings_text(*args, width=width).splitlines()
        assert next(line for line in lines if "5432/TCP" in line).endswith(ending)
        assert width == 40 or max(len(line) for line in lines) <= width


def test_findings_text__colours_only_where_asked(found):
    """A terminal gets colours; the words are the same."""
    coloured = findings_text(*found, width=100, colour=True)
    assert "\x1b[1;31mVIOLATION" in coloured


@pytest.mark.parametrize("options", [{}, {"width": 100}, {"is_wide": True}, {"width": 100, "colour": True}])
def test_findings_text__obeys_no_name(cluster, row, options):
    """Escape sequences, line breaks and markup in names and addresses are shown, not obeyed."""
    name = "\x1b]0;x\x07\n[red]"
    flows = [row(src=name)]
    text = findings_text(
        cluster.summary(cluster.rows(flows, file="\x1b[2J.log")), cluster.totals(flows), **options
    )
    assert "\\x1b]0;x\\x07\\n[red]" in text
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert "\x07" not in text


def test_findings_text__aligns_wide_characters(cluster, row):
    """Columns line up by cells, not by characters."""
    flows = [row(src="日本日本"), row(src="ascii")]
    lines = findings_text(cluster.summary(cluster.rows(flows)), cluster.totals(flows)).splitlines()
    assert lines[2:] == [
        "  ascii     pay/db       5432/TCP  no-rule-matched on ingress      1",
        "  日本日本  pay/db       5432/TCP  no-rule-matched on ingress      1",
    ]


def test_counts_text__says_where_every_row_went(cluster, row, outcomes, run):
    """Flows, findings, rows, losses, seconds, warnings and what is missing, each on its line."""
    account = Account(n_rows=2 + 1000 + 3, skipped={"NODATA": 999, "header": 1}, losses={"SKIPDATA": 4})
    account.reject("no address", [7, 8, 9])
    tally = Tally.create(2)
    tally.add(*cluster.batches([row(weight=50), row(**outcomes["PERMITTED"])], account=account))
    run.warnings.append("the inventory is older than the flows")
    run.missing.append("interrupted")
    assert counts_text(tally.finish(), run, ["a note"]) == (
        "flows       2 (1 allowed, 1 denied, 0 unknown)\n"
        "weight      these stand for 51 flows\n"
        "findings    1 violation, 0 misdropped, 0 undecided, 0 blocked, 1 permitted\n"
        "rows        1,005 read, 1,000 skipped, 3 rejected\n"
        "skipped     999 NODATA\n"
        "skipped     1 header\n"
        "rejected    3 no address\n"
        "lost        4 SKIPDATA\n"
        "time        2.00 s, 3.00 s of processors\n"
        "warning     the inventory is older than the flows\n"
        "warning     a note\n"
        "INCOMPLETE  interrupted\n"
    )


def test_counts_text__obeys_no_reason(cluster, row, run):
    """Reasons and warnings that repeat what a log says are harmless, and are one line."""
    account = Account(n_rows=1, losses={"\x1b[2J\nflows 0": 1})
    tally = Tally.create(2)
    tally.add(*cluster.batches([row()], account=account))
    run.warnings.append("\u202e")
    run.wall_s = 0.0
    text = counts_text(tally.finish(), run)
    assert "lost        1 \\x1b[2J\\nflows 0\n" in text
    assert "warning     \\u202e\n" in text
    assert "speed" not in text
    assert "time" not in text


@pytest.mark.parametrize(
    ("n_flows", "wall_s", "line"),
    [
        (9_999, 2.0, "time        2.00 s, 3.00 s of processors\n"),
        (10_000, 0.049, "time        0.05 s, 3.00 s of processors\n"),
        (10_000, 0.05, "speed       200,000 flows/s, 0.05 s, 3.00 s of processors\n"),
        (10_000, 2.0, "speed       5,000 flows/s, 2.00 s, 3.00 s of processors\n"),
    ],
)
def test_counts_text__gives_no_speed_of_a_short_run(cluster, row, run, n_flows, wall_s, line):
    """Few flows or little time tell how long a run takes to start, so the seconds stand alone."""
    run.wall_s = wall_s
    assert counts_text(cluster.totals([row()] * n_flows), run).endswith("\n" + line)


def test_counts_text__tells_the_audit_from_its_preparation(cluster, row, run):
    """Loading and compiling cost the same for any number of flows, so the speed without them stands beside."""
    run.stages["audit"] = Stage(0.5, 1.0)
    text = counts_text(cluster.totals([row()] * 10_000), run)
    assert text.endswith(
        "speed       5,000 flows/s, 2.00 s, 3.00 s of processors\n"
        "audit       20,000 flows/s, 0.50 s once policies and inventory were compiled\n"
    )
