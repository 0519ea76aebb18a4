"""A small audit in a process of its own, which compiles what judging and reporting need while an audit begins to read.

``python -m auditor.rehearsal CACHE FOLDER`` is that process.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from kernels.ahead import announce_all, compiling_ahead
from kernels.classify import classify
from kernels.jit import cache_folder, is_to_compile

if TYPE_CHECKING:
    from collections.abc import Iterator

KERNELS = (
    "kernels.addresses._slots_of",
    "kernels.classify.classify",
    "kernels.text_choose.choose_texts",
    "kernels.appearance.settle",
    "kernels.appearance.number_rows",
    "kernels.appearance.first_rows",
    "kernels.appearance.is_in_order",
    "kernels.appearance.is_settled",
)
"""What an audit takes from the rehearsal: half of what it needs. Their types are the same for every log format; the
other half is the scanner of one, which the audit compiles itself."""


@contextmanager
def rehearsing(threads: int) -> Iterator[bool]:
    """Have kernels compiled by another process, if they are not yet and a second processor may be used.

    Parameters
    ----------
    threads : int
        How many the audit may use.

    Yields
    ------
    bool
        Whether kernels are compiled now that later audits need not compile.
    """
    cache = cache_folder()
    is_first = cache is not None and is_to_compile(classify)
    may_start = threads > 1 and bool(sys.executable) and os.name == "posix"
    with ExitStack() as stack:
        if may_start and cache is not None and is_first:
            # An audit that has to compile all by itself is slower, and else the same.
            with suppress(OSError):
                # Made here: the process may be ended at any time, and could not clean up.
                made = tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True)
                folder = stack.enter_context(made)
                stack.enter_context(compiling_ahead(command(cache, Path(folder)), KERNELS))
        yield is_first


def command(cache: Path, folder: Path) -> list[str]:
    """Return what starts the process: this interpreter, which believes no more of its surroundings than this one does.

    Parameters
    ----------
    cache, folder : Path
        As ``main`` takes them.
    """
    flags = {"-I": sys.flags.isolated, "-E": sys.flags.ignore_environment, "-s": sys.flags.no_user_site}
    given = [flag for flag, is_set in flags.items() if is_set]
    # -P: what lies in the folder where somebody starts an audit is not ours to import.
    return [sys.executable, *given, "-P", "-m", "auditor.rehearsal", str(cache), str(folder)]


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
    """Rehearse, and announce each kernel, unless another process does.

    Takes the cache of compiled kernels that somebody waits for, and a folder for log and report.
    """
    cache, folder = map(Path, sys.argv[1:])
    # Another release, which was found in another place, would fill another cache.
    if cache == cache_folder() and announce_all(cache):
        rehearse(folder)


if __name__ == "__main__":
    main()
