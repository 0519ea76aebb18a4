"""Tables: what stands in HTML, what in the island, and what is left out."""

from __future__ import annotations

import json
import re

from auditor.page.numbers import NOT_KNOWN
from auditor.page.tables import AT_ONCE, Column, table
from tests.page.pages import long_rows

COLUMNS = [
    Column("what", tones={"VIOLATION": "bad"}),
    Column("name"),
    Column("n", "number"),
    Column("at", "time"),
]


def island(page: str) -> list[dict[str, object]]:
    """Return the JSON of a long table."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_table__is_html_alone_if_it_is_short():
    """No island, no search, numbers with what they sort by."""
    page = table("things", [Column("name"), Column("n", "number", 1)], [["a", 1234.5], [None, None]])
    assert "<script" not in page
    assert "search" not in page
    assert (
        '<th scope="row" class="text short">a</th><td class="number" data-key="1234.5">1,234.5</td>' in page
    )
    unknown = f'data-key="">{NOT_KNOWN}</'
    assert f'<th scope="row" class="text short" {unknown}th><td class="number" {unknown}td>' in page


def test_table__keeps_all_rows_of_a_long_one_in_its_island():
    """Texts once each, and a place a row; numbers and times as they are."""
    rows = long_rows(500)
    page = table("things", COLUMNS, rows)
    what, name, n, at = island(page)
    assert page.count("<tr>") == 1 + AT_ONCE
    assert [what["texts"][code] for code in what["codes"]] == [row[0] for row in rows]
    assert len(name["codes"]) == 500
    assert n["values"] == [row[2] for row in rows]
    assert at["values"] == [row[3] for row in rows]
    assert what["tones"] == {"VIOLATION": "bad"}


def test_table__leaves_out_the_last_rows_that_do_not_fit_and_says_so():
    """Names of any length do not make a page of any size."""
    rows = long_rows(2_000)
    page = table("things", COLUMNS, rows, max_island=40_000)
    kept = len(island(page)[0]["codes"])
    assert AT_ONCE < kept < 2_000
    assert f"(the first {kept:,} of 2,000 rows)" in page
    assert len(page) < 40_000 + 60_000


def test_table__says_how_many_rows_there_would_be():
    """Rows cut before they came here are counted, too."""
    assert "(the first 1 of 77 rows)" in table("things", [Column("n", "number")], [[1]], total=77)
