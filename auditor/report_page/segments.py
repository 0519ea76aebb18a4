"""What ``auditor stream`` wrote, and ``auditor compact`` merged, added up as an audit would have done.

Every file is proved first, as ``auditor verify`` does; what is damaged or missing is left out, and makes the page
incomplete. Rules are not counted: no segment says which decided how often.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from auditor.about import VERSION
from auditor.errors import Position, SourceError, StateError
from auditor.report import schema
from auditor.report.summary import Summary
from auditor.report_page.report import COLUMNS, Report, frame
from auditor.report_page.run_record import FileRecord, Flows, InputRecord, Rows, RunRecord, TimeRecord
from auditor.service.chain import is_segment
from auditor.service.cover import Held, cover
from auditor.service.facts import FINDINGS
from auditor.service.names import chain_of
from auditor.service.open import open_storage
from auditor.service.segments import decode, read_facts
from auditor.service.verify import verify
from auditor.sinks.columns import TEXT

if TYPE_CHECKING:
    from auditor.service.storage import Storage
    from auditor.service.verify import PartitionProof, Verification


def holds_segments(place: str) -> bool:
    """Return whether something that the Kafka service wrote is in a folder or object store."""
    return any(chain_of(name) is not None for name in open_storage(place).names(""))


def read_segments(place: str) -> Report:
    """Return the segments of all partitions as a report.

    Parameters
    ----------
    place : str
        A folder, or the URL of an object store.

    Raises
    ------
    SinkError, SourceError
        If the storage fails, or files are merged meanwhile.
    """
    storage = open_storage(place)
    proof = verify(storage)
    files = _counting(storage, {found.place for found in proof.found if found.kind == "damaged"})
    summary = Summary()
    for file in files:
        for batch in _segment(storage, file).to_batches():
            summary.add(_as_flows(batch, file))
    groups = summary.finish()
    rejected = [
        {"source_file": one.name.rejected_folder, "reason": "not understood", "count": one.counts["rejected"]}
        for one in proof.partitions
        if one.counts["rejected"]
    ]
    return Report(
        run=_record(proof, files, summary.notes),
        groups=groups,
        summary=frame(groups),
        rules=None,
        rejected=frame(pa.Table.from_pylist(rejected, schema=_REJECTED)),
        rows=lambda: (
            batch for file in files for batch in _segment(storage, file).select(COLUMNS).to_batches()
        ),
        n_row_files=len(files),
        unit="message",
        log="partition",
    )


def _counting(storage: Storage, damaged: set[str]) -> list[Held]:
    """Return the sound files that count, by partition and offset."""
    by_chain: dict[str, list[Held]] = {}
    for name in storage.names(""):
        chain = chain_of(name)
        if chain is None or not is_segment(chain, name) or name in damaged:
            continue
        facts, checksum = read_facts(name, _content(storage, name))
        by_chain.setdefault(chain.folder, []).append(Held(name, facts, checksum))
    return [file for folder in sorted(by_chain) for file in cover(by_chain[folder]).counting]


def _content(storage: Storage, name: str) -> bytes:
    content = storage.read(name)
    if content is None:
        raise SourceError("expected a file that was there a moment ago: run it again", Position(name))
    return content


def _segment(storage: Storage, file: Held) -> pa.Table:
    try:
        return decode(file.name, _content(storage, file.name)).table
    except StateError as error:
        raise SourceError(error.message, error.place) from error


def _as_flows(batch: pa.RecordBatch, file: Held) -> pa.RecordBatch:
    """Return rows of a segment as rows of a report, with a partition for a file and an offset for a row."""
    log = pa.array([f"{file.facts.topic}/{file.facts.partition}"], pa.string())
    codes = pa.array([0] * batch.num_rows, TEXT.index_type)
    known = {"source_file": pa.DictionaryArray.from_arrays(codes, log), "source_row": batch["offset"]}
    columns = [known[field.name] if field.name in known else batch[field.name] for field in schema.FLOWS]
    return pa.RecordBatch.from_arrays(columns, schema=schema.FLOWS)


def _record(proof: Verification, files: list[Held], notes: list[str]) -> RunRecord:
    """Return what an audit would have written of its run."""
    counts: Counter[str] = Counter()
    for partition in proof.partitions:
        counts.update(partition.counts)
    facts = [file.facts for file in files]
    newest = max(facts, key=lambda one: one.created_ms, default=None)
    first_ms = min((one.created_ms for one in facts), default=0)
    tables = Counter(one.tables for one in facts)
    missing = [f"{one.message} - at {one.place}" for one in proof.found if one.level in ("error", "gap")]
    return RunRecord(
        schema=schema.VERSION,
        engine={"name": "auditor", "version": ", ".join(sorted({one.version for one in facts} or {VERSION}))},
        fingerprint=newest.tables if newest is not None and newest.tables else None,
        complete=not missing,
        missing=missing,
        warnings=notes,
        options={"rows": "all" if facts and all(one.rows == "all" for one in facts) else "violations"},
        inputs=[
            *(
                InputRecord("policies and inventory", f"fingerprint {name}, in {number:,} segments")
                for name, number in tables.most_common()
            ),
            *(InputRecord("flows", _offsets(partition)) for partition in proof.partitions),
        ],
        skipped_files={},
        files=[_account(partition) for partition in proof.partitions],
        rows=Rows(
            counts["messages"], counts["flows"], _reasons(counts, "skipped"), _reasons(counts, "rejected")
        ),
        flows=Flows(
            classified=counts["flows"],
            weight=counts["flows"],
            verdict={},
            finding={name.upper(): counts[name] for name in FINDINGS},
            observed={},
        ),
        losses={},
        time=TimeRecord(datetime.fromtimestamp(first_ms / 1000, tz=UTC).isoformat()),
    )


def _reasons(counts: Counter[str], name: str) -> dict[str, int]:
    return {name: counts[name]} if counts[name] else {}


def _log(partition: PartitionProof) -> str:
    return f"{partition.name.topic}/{partition.name.partition}"


def _offsets(partition: PartitionProof) -> str:
    if partition.first is None or partition.end is None:
        return f"{_log(partition)}, no segment"
    return f"{_log(partition)}, offsets {partition.first:,} to {partition.end - 1:,}"


def _account(partition: PartitionProof) -> FileRecord:
    counts = partition.counts
    skipped, rejected = _reasons(counts, "skipped"), _reasons(counts, "rejected")
    never = {"never read": partition.n_gap_offsets} if partition.n_gap_offsets else {}
    return FileRecord(_log(partition), counts["messages"], counts["flows"], skipped, rejected, never)


_REJECTED = schema.REJECTED
