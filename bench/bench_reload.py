"""Seconds and memory for taking over one pod more: the inventory is written again, looked at, and compiled.

::

    python bench/bench_reload.py [POLICIES PODS]

Prints processor seconds of a look that finds nothing new, of one that hashes everything, and of reading and compiling;
and for how long a second thread, which stands for the loop, was held up by it at most.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from inputs import PODS, POLICIES, cluster

from auditor.compiler.build import build
from auditor.service.reload import Reloader
from auditor.service.sources import Sources

FRESH_S = 2.5


def waits(stop: threading.Event, longest: list[float]) -> None:
    """Keep the longest time between two turns of a thread that asks for one a millisecond."""
    last = time.perf_counter()
    while not stop.is_set():
        time.sleep(0.001)
        now = time.perf_counter()
        longest[0] = max(longest[0], now - last)
        last = now


def main() -> None:
    """Measure once, after a first build."""
    n_policies, n_pods = (int(text) for text in sys.argv[1:3]) if sys.argv[2:] else (POLICIES, PODS)
    source = cluster(n_policies, n_pods)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(source / "policies", Path(folder) / "policies")
        inventory = Path(folder) / "cluster.json"
        text = (source / "cluster.json").read_text(encoding="utf-8")
        inventory.write_text(text, encoding="utf-8")
        sources = Sources([f"{folder}/policies"], [str(inventory)])
        reloader = Reloader(sources)
        begin = time.process_time()
        tables = reloader.first()
        print(
            f"first: {time.process_time() - begin:.2f} s, {n_policies} policies, {n_pods} pods, {len(text)} bytes"
        )
        time.sleep(FRESH_S)
        for name in ("all read", "nothing read"):
            begin = time.process_time()
            reloader.look()
            print(f"look, {name}: {time.process_time() - begin:.3f} s")
        # Another node for one pod is another meaning.
        inventory.write_text(text.replace('"nodeName": "', '"nodeName": "x', 1), encoding="utf-8")
        reloader.look()
        stop, longest = threading.Event(), [0.0]
        loop = threading.Thread(target=waits, args=(stop, longest))
        loop.start()
        begin = time.process_time()
        outcome = reloader.look()
        seconds = time.process_time() - begin
        stop.set()
        loop.join()
        begin = time.process_time()
        build(tables.policies, tables.inventory, tables.switches)
        compiling = time.process_time() - begin
        print(f"{outcome.result}: {seconds:.2f} s, of which compiling {compiling:.2f} s")
        print(f"longest wait of another thread: {longest[0]:.3f} s")
        print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
