"""VPC logs in Parquet read twice, by their pages and by the exact reader, for comparison."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import numpy as np

from auditor.errors import SourceError
from auditor.flows.options import FlowOptions
from auditor.flows.parquet import ParquetTable
from auditor.flows.vpc_pages import PagedRows
from auditor.flows.vpc_parquet import VpcParquetLog
from auditor.sources.files import find_files
from tests.flows.evidence import or_none


def meaning(batch):
    """Return what a batch says, whatever its dictionaries: rows, account and evidence."""
    src, dst = batch.src_codes, batch.dst_codes
    every = np.arange(batch.n_flows)
    return {
        "rows": batch.rows.tolist(),
        "src": batch.sources.texts.array().take(src).to_pylist(),
        "dst": batch.destinations.texts.array().take(dst).to_pylist(),
        "addresses": [
            array[codes].tolist()
            for codes, side in ((src, batch.sources), (dst, batch.destinations))
            for array in (side.high, side.low)
        ],
        **{
            name: (str(getattr(batch, name).dtype), getattr(batch, name).tolist())
            for name in ("protocol", "src_port", "dst_port", "opener_hint", "observed")
        },
        "account": batch.account,
        "evidence": [or_none(column) for column in batch.evidence(every)],
        "some evidence": [or_none(column) for column in batch.evidence(every[1::3])],
    }


def outcome(path, **options):
    """Return what every part of a log says, or why it cannot be read."""
    said = []
    try:
        (file,) = find_files([str(path)])
        for part in VpcParquetLog(file, replace(FlowOptions(), **options)).parts():
            try:
                said.append(meaning(part()))
            except SourceError as error:
                said.append(str(error))
    except SourceError as error:
        said.append(str(error))
    return said


def exact_outcome(path, **options):
    """Return the same by the exact reader alone."""
    with mock.patch.object(ParquetTable, "paged", return_value=None):
        return outcome(path, **options)


def n_paged(path, **options):
    """Return how many parts were decoded by their pages."""
    decode, done = PagedRows.batch, []

    def counting(self, evidence):
        batch = decode(self, evidence)
        done.append(batch)
        return batch

    with mock.patch.object(PagedRows, "batch", counting):
        outcome(path, **options)
    return len(done)
