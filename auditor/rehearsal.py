"""A small audit in a process of its own, which compiles what judging and reporting need while an audit begins to read.

``python -m auditor.rehearsal`` is that process.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from kernels.ahead import announce_all, compiling_ahead
from kernels.classify import classify
from kernels.jit import cache_folder, is_to_compile

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = (sys.executable, "-P", "-m", "auditor.rehearsal")
"""``-P``: what lies in the folder where somebody starts an audit is not ours to import."""

KERNELS = (
    "kernels.addresses._slots_of",
    "kernels.classify.classify",
    "kernels.text_choose.choose_texts",
    "kernels.appearance.renumber",
    "kernels.appearance.settle",
    "kernels.appearance.number_rows",
    "kernels.appearance.first_rows",
    "kernels.appearance.is_in_order",
    "kernels.appearance.is_settled",
)
"""What an audit needs of it, in whatever format the log is: half of its compiling. The scanner takes the other half."""


@contextmanager
def rehearsing(threads: int) -> Iterator[None]:
    """Have kernels compiled by another process, if they are not yet and a second processor may be used.

    Parameters
    ----------
    threads : int
        How many the audit may use.
    """
    if threads == 1 or os.name != "posix" or not is_to_compile(classify):
        yield
        return
    with compiling_ahead(COMMAND, KERNELS):
        yield


def rehearse(folder: Path) -> None:
    """Audit two flows against no policies, and write the report.

    Parameters
    ----------
    folder : Path
        Where the log and the report may be written.
    """
    from auditor.compiler.build import build  # noqa: PLC0415 - not for who only starts the process
    from auditor.config import AuditOptions  # noqa: PLC0415
    from auditor.ir.model import Inventory, PolicySet  # noqa: PLC0415
    from auditor.run import Run  # noqa: PLC0415

    ends = {"src_ip": ["192.0.2.1", "192.0.2.2"], "dst_ip": ["192.0.2.2", "192.0.2.1"]}
    flows = pa.table({**ends, "protocol": ["TCP", "UDP"], "dst_port": [443, 53]})
    log = folder / "flows.arrow"
    with pa.ipc.new_file(log, flows.schema) as file:
        file.write_table(flows)
    tables = build(PolicySet(), Inventory())
    Run(tables, [str(log)], AuditOptions(rows="all", threads=1)).write(folder / "report")


def main() -> None:
    """Rehearse, and announce each kernel that is kept, unless another process does."""
    cache = cache_folder()
    if cache is None or not announce_all(cache):
        return
    with tempfile.TemporaryDirectory() as folder:
        rehearse(Path(folder))


if __name__ == "__main__":
    main()
