"""The service as users run it, on a real broker: what is in a log, and what comes out."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from tests.broker.producing import transactional
from tests.console import spawned
from tests.service.processes import SECONDS
from tests.service.streaming import value_of

pytestmark = pytest.mark.jit_only


def test_stream__finds_what_a_batch_audit_finds(crew, tmp_path):
    """The same flows from a topic, in two runs, and from a file: the same rows, and the proof that each counts once."""
    team = crew(2)
    for n in (1_000, 10):
        team.send(n)
        team.run_to_the_end()
    team.check()
    log = tmp_path / "flows.log"
    log.write_bytes(
        b"".join(value + b"\n" for sent in team.sent.values() for value in sent.values() if value)
    )
    usual = team.flags()
    cluster = usual[1 : usual.index("--brokers")]
    report = tmp_path / "report"
    ended = spawned("audit", *cluster, "--flows", log, "--out", report, "--format", "vpc-text")
    assert ended.code == 3, ended.err
    parts = [pa.ipc.open_file(path.read_bytes()).read_all() for path in report.glob("violations-*.arrow")]
    place = {"source_file", "source_row", "topic", "partition", "offset"}
    rows = pa.concat_tables([segment.table for number in team.sent for segment in team.segments(number)])
    assert _counted(rows, place) == _counted(pa.concat_tables(parts), place)
    assert spawned("verify", team.out).code == 0


def _counted(table, leaving_out):
    names = sorted(set(table.column_names) - leaving_out)
    return Counter(str(row) for row in table.select(names).to_pylist())


def test_stream__sees_no_aborted_transaction(crew, node):
    """Offsets of aborted messages and of markers are passed over, and the segments still tile the log."""
    team = crew(1)
    producer = transactional(node.brokers)
    for is_kept in (True, False, True, False):
        producer.begin_transaction()
        for _ in range(20):
            received = {"on_delivery": team.received} if is_kept else {}
            producer.produce(team.topic, value_of(0), partition=0, **received)
        assert producer.flush(SECONDS) == 0
        if is_kept:
            producer.commit_transaction(SECONDS)
        else:
            producer.abort_transaction(SECONDS)
    team.run_to_the_end()
    assert team.ends() == {0: 84}
    assert len(team.sent[0]) == 40
    team.check()
