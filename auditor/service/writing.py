"""An open segment as what is published: its facts, its rows, its dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from auditor.compiler.fingerprint import fingerprint
from auditor.ir.model import Inventory
from auditor.report.reported import Reported
from auditor.report.rows import flow_rows
from auditor.service.dead_letters import LETTERS, write_dead_letters
from auditor.service.facts import FINDINGS, SegmentFacts, SideFile
from auditor.service.segments import ROWS, no_rows
from auditor.sinks.columns import TEXT, nullable, text_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.report.tally import Totals
    from auditor.service.judging import Refused
    from auditor.service.member import Member
    from auditor.service.names import ChainName
    from auditor.service.opened import Opened
    from auditor.tables.tableset import TableSet


class Prepared(NamedTuple):
    """A segment ready for its chain: published as often as it takes, always the same."""

    facts: SegmentFacts
    table: pa.Table


def prepare(member: Member, chain: ChainName, opened: Opened) -> Prepared:
    """Write the dead letters of a segment, and return the rest of it.

    Parameters
    ----------
    member : Member
        Who writes it.
    chain : ChainName
        Of the partition.
    opened : Opened
        Not empty.

    Raises
    ------
    SinkError
        If the dead letters cannot be written.
    """
    totals = opened.tally.finish()
    letters: tuple[SideFile, ...] = ()
    if opened.refused:
        letters = (write_dead_letters(member.storage, chain, opened.start, letters_of(opened.refused)),)
    facts = SegmentFacts(
        topic=chain.topic,
        topic_id=chain.topic_id,
        partition=chain.partition,
        start=opened.start,
        end=opened.end,
        writer=member.writer,
        created_ms=member.clock.now_ms(),
        policies=digest_of(opened.tables),
        tables=opened.tables.fingerprint,
        rows=member.options.rows,
        n_rows=opened.n_rows,
        counts=counts_of(opened.n_messages, totals),
        first_ms=None if opened.first_ms < 0 else opened.first_ms,
        last_ms=None if opened.last_ms < 0 else opened.last_ms,
        dead_letters=letters,
    )
    return Prepared(facts, rows_of(opened, chain))


def digest_of(tables: TableSet) -> str:
    """Return what names the policies of tables, whatever the inventory."""
    return fingerprint(tables.policies, Inventory(), tables.switches)


def counts_of(n_messages: int, totals: Totals) -> dict[str, int]:
    """Return the counts of a segment by name."""
    findings = {name: totals.findings[name.upper()] for name in FINDINGS}
    return {
        "messages": n_messages,
        "rows": totals.n_rows,
        "skipped": totals.n_skipped,
        "rejected": totals.n_rejected,
        "flows": totals.n_flows,
        **findings,
        **{f"lost {cause}": count for cause, count in sorted(totals.losses.items())},
    }


def rows_of(opened: Opened, chain: ChainName) -> pa.Table:
    """Return the rows of a segment, of ``segments.ROWS``."""
    if not opened.reported:
        return no_rows()
    batch = flow_rows(opened.tables, Reported.joined(opened.reported))
    n_rows = batch.num_rows
    columns = {name: batch.column(name) for name in batch.schema.names if name in ROWS.names}
    columns["topic"] = text_column(np.zeros(n_rows, dtype=np.int32), pa.array([chain.topic]))
    columns["partition"] = pa.array(np.full(n_rows, chain.partition, dtype=np.int32))
    columns["offset"] = batch.column("source_row")
    return pa.Table.from_arrays([columns[name] for name in ROWS.names], schema=ROWS)


def letters_of(refused: Sequence[Refused]) -> pa.Table:
    """Return messages of which rows were rejected as dead letters, one for each offset and reason."""
    times = np.array([each.time_ms for each in refused], dtype=np.int64)
    reasons = pa.array([each.message.reason for each in refused], pa.string())
    columns = [
        pa.array([each.message.offset for each in refused], pa.int64()),
        text_column(np.arange(len(refused)), reasons),
        nullable(times, times >= 0, pa.timestamp("ms", "UTC")),
        pa.array([each.value for each in refused], pa.binary()),
    ]
    assert columns[1].type == TEXT
    return pa.Table.from_arrays(columns, schema=LETTERS)
