"""Results files give back what was measured."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from pyarrow import ipc

from auditor.capacity.results import ARROW, JSON, Figure, Results
from auditor.capacity.story import story
from auditor.capacity.writing import markdown, write_reports
from auditor.errors import SourceError


@pytest.mark.parametrize("name", [ARROW, JSON, ""])
def test_results__are_read_as_they_were_written(results, tmp_path, name):
    """Both files, and the folder."""
    results.write(tmp_path)
    read = Results.read(tmp_path / name)
    assert read.facts == results.facts
    assert [(each.key, each.runs, each.why_not, each.note) for each in read.figures] == [
        (each.key, each.runs, each.why_not, each.note) for each in results.figures
    ]


def test_results__hold_the_medians_that_few_lines_compute(results, tmp_path):
    """The Arrow file alone is enough to check a report by."""
    results.write(tmp_path)
    rows = ipc.open_file(str(tmp_path / ARROW)).read_all().to_pylist()
    assert len(rows) == len(results.figures)
    for row in rows:
        assert (row["median"] is None) == (not row["runs"])
        if row["runs"]:
            assert row["median"] == np.median(row["runs"])
            assert row["low"] <= row["median"] <= row["high"]


def test_report__says_the_figures_of_the_raw_results(results, tmp_path):
    """Totals, cores and rates of the text equal those computed from the JSON by other lines than the report's."""
    write_reports(tmp_path, results, 250_000)
    text = (tmp_path / "report.md").read_text()
    figures = json.loads((tmp_path / JSON).read_text())["figures"]

    def runs(group, **labels):
        (found,) = [
            each for each in figures if each["group"] == group and labels.items() <= each["labels"].items()
        ]
        return found["runs"]

    one, two = (np.median(runs("scaling", threads=str(n))) for n in (1, 2))
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    by_name = {row[0]: row for row in rows if len(row) == 7}
    for log, name in (("hubble-json", "Hubble JSON, gzip"), ("vpc-parquet", "VPC Parquet, zstd")):
        total = np.median(runs("stage", log=log, stage="total"))
        row = by_name[name]
        exact = 250_000 * total / (1e9 * 0.7 * two / (2 * one))
        assert row[1:4] == [f"{total:,.1f}", f"{1e9 / total:,.0f}", f"{exact:,.3f}"]
        assert row[4] == str(max(1, int(np.ceil(exact))))
        assert row[6] == "25.0"  # 100 bytes a flow
    gains = dict(re.findall(r"\| (VPC Parquet, zstd) *\| +[\d.,]+ \| +([\d.]+) \|", text))
    totals = [np.median(runs("stage", log=log, stage="total")) for log in ("hubble-json", "vpc-parquet")]
    assert gains["VPC Parquet, zstd"] == f"{totals[0] / totals[1]:.2f}"


def test_report__says_which_logs_are_too_short(results):
    """A user may give a handful of flows, and would size by what is done once."""
    said = (
        "Too short to believe: Hubble JSON, gzip (1,000 flows). What is done once weighs on so few flows: a longer log "
        "costs less a flow and gains more by threads; give logs of 100,000 flows or more.\n"
    )
    long = [
        each if each.labels.get("log") == "hubble-json" else replace(each, n_flows=100_000)
        for each in results.figures
    ]
    assert said in markdown(story(Results(results.facts, long), 1_000), results)
    long = [replace(each, n_flows=100_000) for each in results.figures]
    assert "Too short" not in markdown(story(Results(results.facts, long), 1_000), results)


def test_report__draws_dashed_what_is_extrapolated(results, tmp_path):
    """Beyond the cores that were measured, and beyond the workers that the law was fitted to; the legend says so."""
    rates = {4: 2.9e6, 8: 4.9e6}
    results.figures += [
        Figure("scaling", {"by": "threads", "threads": str(n)}, "flows/s", (rate,) * 3, "wall", "higher")
        for n, rate in rates.items()
    ]
    write_reports(tmp_path, results, 20_000_000)
    page = (tmp_path / "report.html").read_text()
    pictures = {
        re.search(r"<figcaption>([^<]*)<", each)[1]: each
        for each in page.split("<figure>")[1:]
        if "<svg" in each
    }
    for caption, name, n_dashed in (
        ("Flows a second by number of workers", "threads, extrapolated", 1),
        ("Cores by flows a second", "Hubble JSON, gzip, extrapolated", 3),
    ):
        drawn = pictures[caption]
        assert drawn.count('stroke-dasharray="6,4"') == n_dashed
        assert f'dashed">{name}</li>' in drawn
    text = (tmp_path / "report.md").read_text()
    assert "Universal Scalability Law, threads: contention " in text
    assert "; residuals " in text
    assert "what is said of them is extrapolated." in text


def test_report__says_that_the_law_is_not_fitted(results, tmp_path):
    """Two cores give two points: nothing would be left that could disagree."""
    write_reports(tmp_path, results, 1_000)
    said = "Universal Scalability Law is not fitted to threads: 2 points, of 4 that are needed; more cores give more"
    assert said in (tmp_path / "report.md").read_text()
    assert "stroke-dasharray" not in (tmp_path / "report.html").read_text()


def test_report__says_that_the_machine_was_busy(results):
    """Where others wanted the cores when it began; not where the system does not tell."""
    said = "THE MACHINE WAS BUSY: 3.2 processes wanted a core when this began."
    for load, is_said in ((3.2, True), (0.2, False), (None, False)):
        results.facts["load"] = load
        assert (said in markdown(story(results, 1e5), results)) is is_said


def test_report__says_what_was_not_measured(results):
    """With the reason, and nothing in its place."""
    text = markdown(story(results, 1e5), results)
    assert "| start start, warm and cold | stopped before it was its turn |" in text
    assert "Held back: not measured" in text


def test_read__refuses_other_files(tmp_path):
    """Anything else is said to be something else."""
    path = tmp_path / "other.json"
    path.write_text("{}")
    with pytest.raises(SourceError) as caught:
        Results.read(path)
    assert str(caught.value) == f"expected the results of `auditor bench`, came something else - at {path}"
    with pytest.raises(SourceError) as caught:
        Results.read(tmp_path / "none.json")
    assert (
        str(caught.value)
        == f"results cannot be read: No such file or directory - at {tmp_path / 'none.json'}"
    )


def test_read__refuses_another_version(results, tmp_path):
    """Names may have changed their meaning."""
    results.write(tmp_path)
    document = json.loads((tmp_path / JSON).read_text())
    (tmp_path / JSON).write_text(json.dumps({**document, "capacity": "0"}))
    with pytest.raises(SourceError) as caught:
        Results.read(tmp_path)
    assert str(caught.value) == f"expected results of version `1`, came `0` - at {tmp_path / JSON}"


def test_figure__is_measured_or_says_why_not():
    """One of both, never neither."""
    with pytest.raises(AssertionError):
        Figure("stage", {}, "s")
