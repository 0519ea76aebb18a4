"""Reading whole logs in tests: every row with what became of it."""

from __future__ import annotations

import numpy as np

from auditor.errors import SourceError
from auditor.flows.schema import Account
from auditor.flows.sniff import FlowOptions, open_flow_log
from auditor.sources.files import find_files
from kernels import codes
from tests.flows.evidence import or_none

HINTS = {
    codes.HINT_NONE: None,
    codes.HINT_SOURCE_TCP_FLAGS: "source",
    codes.HINT_DESTINATION_TCP_FLAGS: "destination",
}
OBSERVED = {
    codes.OBSERVED_UNSEEN: "unseen",
    codes.OBSERVED_FORWARDED: "forwarded",
    codes.OBSERVED_REFUSED: "refused",
}


def opened(path, **options):
    """Open one log."""
    (file,) = find_files([str(path)])
    return open_flow_log(file, FlowOptions(**options))


def written(folder, content, **options):
    """Write a log and open it."""
    path = folder / "flows"
    path.write_bytes(content)
    return opened(path, **options)


def flows_of(batch):
    """Return the flows of a batch as tuples."""
    evidence = batch.evidence(np.arange(batch.n_flows))
    columns = [
        batch.rows.tolist(),
        batch.sources.texts.array().take(batch.src_codes).to_pylist(),
        batch.destinations.texts.array().take(batch.dst_codes).to_pylist(),
        batch.protocol.tolist(),
        batch.src_port.tolist(),
        batch.dst_port.tolist(),
        [HINTS[code] for code in batch.opener_hint.tolist()],
        [OBSERVED[code] for code in batch.observed.tolist()],
        *([time and time // 10**9 for time in or_none(times)] for times in evidence[:2]),
        *(or_none(counts) for counts in evidence[2:]),
    ]
    return list(zip(*columns, strict=True))


def read(log):
    """Decode a log; return its flows, its account and the messages of what could not be read."""
    flows, account, failures = [], Account(), []
    try:
        for part in log.parts():
            try:
                batch = part()
            except SourceError as error:
                failures.append(str(error))
                continue
            assert batch.n_flows == batch.account.n_rows - sum(batch.account.skipped.values()) - (
                batch.account.n_rejected
            )
            check_dtypes(batch)
            flows += flows_of(batch)
            account.add(batch.account)
    except SourceError as error:
        failures.append(str(error))
    return flows, account, failures


def check_dtypes(batch):
    """Assert what the schema promises of the columns."""
    expected = {
        "rows": np.int64,
        "src_codes": np.int32,
        "dst_codes": np.int32,
        "protocol": np.uint8,
        "src_port": np.uint16,
        "dst_port": np.uint16,
        "opener_hint": np.uint8,
        "observed": np.uint8,
    }
    for name, dtype in expected.items():
        column = getattr(batch, name)
        assert (column.dtype, column.shape) == (dtype, (batch.n_flows,)), name
    for places, addresses in ((batch.src_codes, batch.sources), (batch.dst_codes, batch.destinations)):
        n = len(addresses.high)
        assert addresses.high.dtype == addresses.low.dtype == np.uint64
        assert len(addresses.low) == len(addresses.texts) == n
        assert not batch.n_flows or (places.min() >= 0 and places.max() < n)
    assert (np.diff(batch.rows) > 0).all()


def rejects(account):
    """Return the rejected rows as reason to rows, where no reason has more than five."""
    assert all(entry.count == len(entry.rows) for entry in account.rejected.values())
    return {reason: entry.rows for reason, entry in account.rejected.items()}
