"""The span of time an audit is about: what is inside, what is skipped, and what a user may write."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ConfigError
from auditor.flows.window import OUTSIDE, Window, read_window
from tests.flows.reading import opened, read
from tests.flows.vpc_tables import END, FLOWS, START, table, write

NS = 10**9
DAY = 86_400 * NS
NOON = 1_767_614_400 * NS  # 2026-01-05T12:00:00Z


@pytest.mark.parametrize(
    ("given_time", "moment"),
    [
        ("2026-01-05T12:00:00Z", NOON),
        ("2026-01-05 12:00:00", NOON),
        ("2026-01-05t12:00z", NOON),
        ("2026-01-05T14:00:00+02:00", NOON),
        ("2026-01-05T12:00:00.000000001Z", NOON + 1),
        (" 2026-01-05T12:00:00.5 ", NOON + NS // 2),
        ("2026-01-05", NOON - DAY // 2),
        (date(2026, 1, 5), NOON - DAY // 2),
        (datetime(2026, 1, 5, 12, tzinfo=UTC), NOON),
        (datetime(2026, 1, 5, 12), NOON),  # noqa: DTZ001 - without a zone on purpose
        ("1969-12-31T23:59:59.5Z", -NS // 2),
    ],
)
def test_read_window__takes_times_and_dates(given_time, moment):
    """RFC 3339 with or without a zone and seconds, dates, and Python's own times."""
    assert read_window(given_time, None) == Window(since=moment)
    assert read_window(None, given_time) == Window(until=moment)


def test_read_window__is_none_without_times():
    """Nobody asked for a window."""
    assert read_window(None, None) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-01-05T",
        "2026-13-05",
        "2026-01-05T25:00",
        "20260105",
        "1767614400",
        "2026-W01-1",
    ],
)
def test_read_window__refuses_what_is_no_time(text):
    """The sentence names the flag, and what was expected."""
    for name, times in (("since", (text, None)), ("until", (None, text))):
        with pytest.raises(ConfigError) as caught:
            read_window(*times)
        assert str(caught.value) == (
            f"expected a time such as `2026-01-05T08:00:00Z`, or a date, for `--{name}`, came `{text}`"
        )


@pytest.mark.parametrize("until", ["2026-01-05", "2026-01-04"])
def test_read_window__refuses_an_empty_span(until):
    """A window holds a moment at least."""
    with pytest.raises(ConfigError) as caught:
        read_window("2026-01-05", until)
    assert str(caught.value) == f"expected `--since` before `--until`, came `2026-01-05` and `{until}`"


def cut(folder, times, window, **options):
    """Return the rows of a log inside a window, and what was skipped."""
    n = len(times)
    columns = {
        "pkt_srcaddr": ["10.0.0.1"] * n,
        "pkt_dstaddr": ["10.0.0.2"] * n,
        "srcport": [1] * n,
        "dstport": [2] * n,
        "protocol": [6] * n,
        "start": [start for start, _ in times],
        "end": [end for _, end in times],
    }
    path = write(folder, table(columns), **options)
    rows, skipped = [], 0
    for part in opened(path, window=window).parts():
        batch = window.cut(part())
        assert batch.account.n_rows == batch.n_flows + sum(batch.account.skipped.values())
        rows += batch.rows.tolist()
        skipped += batch.account.skipped.get(OUTSIDE, 0)
        assert len(batch.evidence(np.arange(batch.n_flows)).bytes) == batch.n_flows
    return rows, skipped


def test_cut__keeps_flows_that_touch_the_window(tmp_path):
    """The first moment is inside, the last is not; one known time is enough, and order does not matter."""
    times = [(10, 19), (10, 20), (29, 40), (30, 40), (5, 50), (None, 19), (25, None), (40, 25), (30, None)]
    rows, skipped = cut(tmp_path, times, Window(20 * NS, 30 * NS))
    assert (rows, skipped) == ([2, 3, 5, 7, 8], 4)


def test_cut__keeps_flows_of_unknown_time(tmp_path):
    """Nothing is left out that might belong."""
    rows, skipped = cut(tmp_path, [(None, None), (-1, None), (2**62, None), (1, 1)], Window(since=20 * NS))
    assert (rows, skipped) == ([1, 2, 3], 1)


@given(
    times=st.lists(
        st.tuples(st.none() | st.integers(0, 60), st.none() | st.integers(0, 60)), min_size=1, max_size=12
    ),
    bounds=st.tuples(st.integers(0, 60), st.integers(1, 30)),
    group=st.integers(1, 5),
    has_statistics=st.booleans(),
)
def test_cut__does_not_depend_on_row_groups_or_statistics(
    tmp_path_factory, times, bounds, group, has_statistics
):
    """Skipping whole row groups is a matter of speed."""
    window = Window(bounds[0] * NS, sum(bounds) * NS)
    found = cut(
        tmp_path_factory.mktemp("log"), times, window, row_group_size=group, write_statistics=has_statistics
    )
    rows = []
    for row, (start, end) in enumerate(times, 1):
        known = [time * NS for time in (start, end) if time is not None]
        if not known or (max(known) >= window.since and min(known) < window.until):
            rows.append(row)
    assert found == (rows, len(times) - len(rows))


def test_row_groups__outside_are_not_read(tmp_path):
    """Statistics say so; a broken page in such a group does not matter."""
    path = write(tmp_path, table(start=[START] * 5, end=[END] * 5), compression="none")
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(content)
    flows, account, failures = read(opened(path, window=Window(since=(END + 1) * NS)))
    assert (flows, account.n_rows, account.skipped, failures) == ([], 5, {OUTSIDE: 5}, [])
    _, _, failures = read(opened(path, window=Window(since=END * NS)))
    assert len(failures) == 1


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_row_groups__of_timestamps_are_skipped_too(tmp_path, unit):
    """Of generic tables, in each unit that Parquet has."""
    content = pa.table(
        {
            "src_ip": ["10.0.0.1"],
            "dst_ip": ["10.0.0.2"],
            "protocol": ["TCP"],
            "dst_port": [80],
            "time_start": pa.array([NOON], pa.timestamp("ns")).cast(pa.timestamp(unit)),
        }
    )
    path = write(tmp_path, content)
    for window, expected in ((Window(since=NOON + DAY), {OUTSIDE: 1}), (Window(since=NOON), {})):
        (part,) = opened(path, window=window).parts()
        assert window.cut(part()).account.skipped == expected


def test_window__leaves_flows_as_they_are_if_all_are_inside(tmp_path):
    """Nothing is copied for nothing."""
    (part,) = opened(write(tmp_path)).parts()
    batch = part()
    assert Window(since=START * NS).cut(batch) is batch
    assert batch.n_flows == len(FLOWS)
