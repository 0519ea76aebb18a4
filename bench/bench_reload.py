"""Seconds and memory for taking over another inventory: it is written again, looked at, read, and compiled.

::

    python bench/bench_reload.py [POLICIES PODS]

Prints processor seconds of a look that finds nothing new and of one that hashes everything; by what changed, of the
look that takes it over, and what of that is extending the tables before, beside building others (medians). Nothing of
a change is printed before both judged every connection that the cluster knows, and agreed. At last: for how long a
second thread, which stands for the loop, was held up by a look at most.
"""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from inputs import PODS, POLICIES, SEED, cluster

from auditor.arrays import frozen
from auditor.compiler.build import build, compile_known
from auditor.compiler.extend import Unlike, extend
from auditor.service.reload import Reloader
from auditor.service.sources import Sources, without_collection
from data.synthetic import Pool, connection_pool
from kernels import codes
from kernels.addresses import slots_of
from kernels.classify import classify
from kernels.layout import Flows, Verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.tables.tableset import TableSet

FRESH_S = 2.5
RUNS = 7
EVERY = 3_000
"""Of so many pods one changes."""


def changes(objects: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield what may happen to a few pods, and the objects after it."""
    chosen = [place for place, each in enumerate(objects) if each["kind"] == "Pod"][::EVERY]

    def changed(change: Callable[[dict[str, Any]], None]) -> list[dict[str, Any]]:
        copies = {place: json.loads(json.dumps(objects[place])) for place in chosen}
        for copy in copies.values():
            change(copy)
        return [copies.get(place, each) for place, each in enumerate(objects)]

    def roll_out(pod: dict[str, Any]) -> None:
        pod["metadata"]["name"] += "-x"
        pod["metadata"]["labels"]["pod-template-hash"] = "x"
        move(pod)

    def move(pod: dict[str, Any]) -> None:
        first, *others = pod["status"]["podIPs"]
        first["ip"] = first["ip"].rpartition(".")[0] + ".250"
        pod["status"].update(podIP=first["ip"], podIPs=[first, *others])

    def join(pod: dict[str, Any]) -> None:
        pod["status"].update(podIP="10.0.0.1", podIPs=[{"ip": "10.0.0.1"}])

    yield "rolled out", changed(roll_out)
    yield "moved", changed(move)
    yield "removed", [each for place, each in enumerate(objects) if place not in chosen]
    yield "with the address of a node", changed(join)


def outcomes(tables: TableSet, pool: Pool) -> list[list[int]]:
    """Return what tables say of every connection: outcomes of both sides, and verdicts."""
    layout, n = tables.layout, len(pool.source)
    slots = slots_of(layout.addresses, frozen(pool.high), frozen(pool.low))
    flows = Flows(
        frozen(pool.source),
        frozen(pool.destination),
        frozen(layout.slots.opener_words[slots]),
        frozen(layout.slots.other_words[slots]),
        frozen(np.zeros(1, dtype=np.int64)),
        frozen(pool.protocol),
        frozen(np.zeros(n, dtype=np.uint16)),
        frozen(pool.port),
        frozen(np.zeros(n, dtype=np.uint8)),
        frozen(np.full(n, codes.OBSERVED_FORWARDED, dtype=np.uint8)),
    )
    places = np.empty(n, dtype=np.int64)
    written = Verdicts(
        *(np.empty(n, dtype=dtype) for dtype in (np.int32, np.int32, *[np.uint8] * 4)),
        *(np.zeros(len(layout.side_verdicts), dtype=np.int64) for _ in range(2)),
        np.zeros(codes.N_OBSERVED * codes.N_VERDICTS * codes.N_FINDINGS, dtype=np.int64),
    )
    classify(layout, flows, np.uint8(0), np.uint8(0), 0, places, written)
    return [written.egress.tolist(), written.ingress.tolist(), written.verdict.tolist()]


def waits(stop: threading.Event, longest: list[float]) -> None:
    """Keep the longest time between two turns of a thread that asks for one a millisecond."""
    last = time.perf_counter()
    while not stop.is_set():
        time.sleep(0.001)
        now = time.perf_counter()
        longest[0] = max(longest[0], now - last)
        last = now


def seconds(call: Callable[[], object]) -> float:
    """Return the median processor time of a call, with the garbage collector off as in the service."""
    taken = []
    for _ in range(RUNS):
        with without_collection():
            begin = time.process_time()
            call()
            taken.append(time.process_time() - begin)
    return statistics.median(taken)


def main() -> None:
    """Measure every change once, after a first build."""
    n_policies, n_pods = (int(text) for text in sys.argv[1:3]) if sys.argv[2:] else (POLICIES, PODS)
    source = cluster(n_policies, n_pods)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(source / "policies", Path(folder) / "policies")
        inventory = Path(folder) / "cluster.json"
        document = json.loads((source / "cluster.json").read_text(encoding="utf-8"))
        n_bytes = inventory.write_text(json.dumps(document), encoding="utf-8")
        reloader = Reloader(Sources([f"{folder}/policies"], [str(inventory)]))
        begin = time.process_time()
        tables = reloader.first()
        print(
            f"first: {time.process_time() - begin:.2f} s, {n_policies} policies, {n_pods} pods, {n_bytes} bytes"
        )
        time.sleep(FRESH_S)
        for name in ("all read", "nothing read"):
            begin = time.process_time()
            reloader.look()
            print(f"look, {name}: {time.process_time() - begin:.3f} s")
        pool = connection_pool(tables.inventory, tables.policies, SEED)
        stop, longest = threading.Event(), [0.0]
        for what, objects in changes(document["items"]):
            inventory.write_text(json.dumps({**document, "items": objects}), encoding="utf-8")
            reloader.look()
            stop.clear()
            loop = threading.Thread(target=waits, args=(stop, longest))
            loop.start()
            begin = time.thread_time()
            outcome = reloader.look()
            whole = time.thread_time() - begin
            stop.set()
            loop.join()
            found = reloader.take()
            if found is None:
                raise SystemExit(f"{what}: {outcome}")
            compare(what, tables, found, pool, whole)
            tables = found
        print(f"longest wait of another thread: {longest[0]:.3f} s")
        print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def compare(what: str, before: TableSet, after: TableSet, pool: Pool, whole: float) -> None:
    """Print what one change costs, once extended and built tables were found to say the same."""
    asked = after.policies, after.inventory, after.switches
    known = compile_known(before.policies, before.inventory, before.switches)
    extended, built = extend(known, *asked), build(*asked)
    expected = outcomes(built, pool)
    if outcomes(after, pool) != expected:
        raise SystemExit(f"{what}: the reloader's tables differ from built ones")
    building = seconds(lambda: build(*asked))
    if isinstance(extended, Unlike):
        print(f"pods {what}: {whole:.2f} s, built in {building:.3f} s: {extended}")
        return
    if outcomes(extended.tables, pool) != expected or extended.tables.fingerprint != built.fingerprint:
        raise SystemExit(f"{what}: extended tables differ from built ones")
    extending = seconds(lambda: extend(known, *asked))
    print(
        f"pods {what}: {whole:.2f} s, extended in {extending:.3f} s, built in {building:.3f} s: "
        f"{building / extending:.1f} times as long"
    )


if __name__ == "__main__":
    main()
