"""Messages of a topic in memory, with junk between their values."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from auditor.flows.messages import MessageOptions, decode_messages
from auditor.flows.schema import Account
from auditor.sources.kafka_messages import Messages
from kernels.memory import PADDING
from kernels.messages import KIND_AGENT_LOG, KIND_OBJECT, KIND_TEXT, look
from tests.flows.same import seen

JUNK = st.lists(st.binary(max_size=70), min_size=1, max_size=3)


def batch_of(
    values,
    junk=(b"\x0c\x00\x02",),
    *,
    offsets=None,
    formats=(),
    codes=None,
    start=None,
    damaged=(),
    padding=PADDING,
):
    """Return messages; None is a tombstone."""
    buffer = bytearray(junk[0])
    starts = []
    for number, value in enumerate(values):
        starts.append(len(buffer))
        buffer += (value or b"") + junk[number % len(junk)]
    n = len(values)
    offsets = np.arange(100, 100 + n) if offsets is None else np.array(offsets, np.int64)
    first, end = (int(offsets[0]), int(offsets[-1]) + 1) if n else (100, 100)
    return Messages(
        topic="flows",
        partition=3,
        values=np.frombuffer(bytes(buffer) + bytes(padding), np.uint8),
        starts=np.array(starts, np.int64),
        lengths=np.array([-1 if value is None else len(value) for value in values], np.int64),
        offsets=offsets.astype(np.int64),
        timestamps_ms=np.full(n, -1, np.int64),
        formats=formats,
        format_codes=np.full(n, -1, np.int8) if codes is None else np.array(codes, np.int8),
        start=first if start is None else start,
        end=max([end, *(damage.last + 1 for damage in damaged)]),
        damaged=damaged,
    )


def read(messages, **options):
    """Decode messages, and assert what holds of any."""
    found = decode_messages(messages, MessageOptions(**options))
    position = messages.start
    for each in found:
        assert each.start == position < each.end
        position = each.end
        assert each.flows.file == "flows/3"
        rows = each.flows.rows
        assert rows.dtype == np.int64
        assert (np.diff(rows) >= 0).all()
        assert ((rows >= each.start) & (rows < each.end)).all()
        assert sum(one.n_rows for one in each.rejected) == each.flows.account.n_rejected
        assert [one.offset for one in each.rejected] == sorted(one.offset for one in each.rejected)
    assert position == messages.end
    assert sum(each.n_messages for each in found) == len(messages.offsets)
    return found


def said(found):
    """Return every column, the account, and what is rejected, as plain values."""
    columns = seen([each.flows for each in found])
    rejected = [
        (one.offset, one.last, one.reason, one.n_rows, one.place) for each in found for one in each.rejected
    ]
    return {**columns, "rejected messages": rejected}


def rejects(found):
    """Return offset and reason of each rejected message."""
    return [(one.offset, one.reason) for each in found for one in each.rejected]


def account_of(found):
    """Return the account of all."""
    account = Account()
    for each in found:
        account.add(each.flows.account)
    return account


def is_plain(value):
    """Return whether a value is nothing but lines: no mark of anything else stands in front."""
    if not value:
        return True
    text = np.frombuffer(value, np.uint8)
    begins = np.empty(1, np.int64)
    zero, length = np.zeros(1, np.int64), np.array([len(value)], np.int64)
    for array in (text, zero, length):
        array.flags.writeable = False
    kind = look(text, zero, length, begins)[0]
    return begins[0] == 0 and (not value.strip() or kind in {KIND_OBJECT, KIND_AGENT_LOG, KIND_TEXT})


@st.composite
def grouped(draw, lines):
    """Draw lines in messages, with tombstones, empty values and blank ones among them."""
    values = []
    while lines:
        n = draw(st.sampled_from((1, 1, 1, 2, 3)))
        values.append(b"\n".join(lines[:n]) + draw(st.sampled_from((b"", b"", b"\n"))))
        lines = lines[n:]
        values += draw(st.lists(st.sampled_from((None, b"", b" \n")), max_size=1))
    return values


def by_offsets(expected, values, offsets):
    """Return what the lines of a file say, with the offsets of their messages instead of their numbers.

    The file has the value of each message, and a line feed behind it.
    """
    places = [0] + [
        place for place, value in enumerate(values) for _ in range((value or b"").count(b"\n") + 1)
    ]
    n_null = sum(value is None for value in values)
    n_empty = sum(value is not None and not value.strip() for value in values)
    rejected = {
        reason: (count, [offsets[places[row]] for row in rows])
        for reason, (count, rows) in expected["rejected"].items()
    }
    skipped = {**expected["skipped"], "tombstone": n_null, "empty": n_empty}
    return {
        **expected,
        "rows": [offsets[places[row]] for row in expected["rows"]],
        "rejected": rejected,
        "n_rows": expected["n_rows"] + n_null + n_empty,
        "skipped": {reason: count for reason, count in skipped.items() if count},
    }
