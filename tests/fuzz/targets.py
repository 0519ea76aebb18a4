"""What is fuzzed: a block of a log is read by the scanner and by the exact reader, which must agree in everything.

Every input is legal: whatever bytes come, rows are counted as flows, skipped or rejected, and nothing is raised but the
errors that a log may end with.
"""

from __future__ import annotations

import zlib
from dataclasses import fields
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.flows.options import FlowOptions
from auditor.flows.sniff import open_flow_log
from auditor.sources.files import find_files
from tests.flows.same import same_batches

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_LINE_BYTES = 4_096
EXACT = {"exact": True} if "exact" in {field.name for field in fields(FlowOptions)} else {}


def check_log(log_format: str, path: Path, content: bytes) -> None:
    """Read ``content``, written to ``path``, three times: scanned, cut small, and exactly; assert that all agree."""
    if not content:
        return
    path.write_bytes(content)
    scanned = read(log_format, path)
    # Where blocks end is chosen by the content, so that a finding repeats itself.
    small = 1 + zlib.crc32(content) % 300
    for other in (read(log_format, path, block_bytes=small), read(log_format, path, **EXACT)):
        same_batches(scanned[0], other[0])
        assert scanned[1:] == other[1:]


def read(log_format: str, path: Path, **options: object) -> tuple[list[object], list[str], tuple[str, ...]]:
    """Return the batches of a log, the errors it ended with, and its warnings."""
    (file,) = find_files([str(path)])
    chosen = FlowOptions(format=log_format, max_line_bytes=MAX_LINE_BYTES, **options)
    batches, errors = [], []
    log = open_flow_log(file, chosen)
    try:
        for part in log.parts():
            batches.append(part())  # noqa: PERF401  those in front of an error count
    except SourceError as error:
        errors.append(str(error))
    return batches, errors, log.warnings


def check_hubble(path: Path, content: bytes) -> None:
    """Check a block of Hubble JSON."""
    check_log("hubble-json", path, content)


def check_vpc(path: Path, content: bytes) -> None:
    """Check a block of VPC text."""
    check_log("vpc-text", path, content)


def check_json(path: Path, content: bytes) -> None:
    """Check a block of generic JSON."""
    check_log("generic-json", path, content)


TARGETS: dict[str, Callable[[Path, bytes], None]] = {
    "hubble": check_hubble,
    "vpc": check_vpc,
    "json": check_json,
}
"""What is fuzzed, by name."""
