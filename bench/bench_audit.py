"""An audit of Parquet flow logs from end to end, beside the query a user would write.

The same file, policies and cluster go through ``auditor audit`` in a process of its own (two threads) and through
DuckDB: rules expanded beforehand to a table of addresses, flows de-duplicated to distinct (source, destination,
protocol, port) first, ingress only, the opener taken from the TCP flags alone. The counts of ingress verdicts over the
same flows must be equal before a speed is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pyarrow as pa
from expanded import expand, write_cluster
from machine import describe
from pyarrow import ipc

from data.synthetic import connection_pool, synthetic_cluster, write_vpc_parquet

THREADS = 2


def main() -> None:
    """Make the input, run both, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=10_000_000)
    parser.add_argument("--policies", type=int, default=1_000)
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the input here and use it again")
    options = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        flows = make(folder, options)
        print(
            f"{options.flows:,} VPC flows in Parquet ({flows.stat().st_size / 1e6:.0f} MB, text addresses, 1 % "
            f"violations), {options.policies:,} policies, {options.pods:,} pods, {THREADS} threads, "
            f"median of {options.runs} runs"
        )
        ours = [audit(folder, flows) for _ in range(options.runs)]
        theirs = [query(folder, flows) for _ in range(options.runs)]
        compare(folder, flows, ours[0], theirs[0])
    wall = statistics.median(each["audit_s"] for each in ours)
    cpu = statistics.median(each["audit_cpu_s"] for each in ours)
    whole = statistics.median(each["wall_s"] for each in ours)
    peak = max(each["peak_bytes"] for each in ours)
    peer = statistics.median(each["wall_s"] for each in theirs)
    peer_cpu = statistics.median(each["cpu_s"] for each in theirs)
    print("equal: every connection whose ingress is denied, with its number of flows, and all flows read")
    print("                              wall s   CPU s   flows/s      ns CPU/flow   peak MB")
    print(
        f"auditor, both sides + report  {wall:>6.2f}  {cpu:>6.2f}   {options.flows / wall:>11,.0f}"
        f"   {cpu / options.flows * 1e9:>8.0f}      {peak / 1e6:>6.0f}"
    )
    print(f"  whole process               {whole:>6.2f}")
    print(
        f"DuckDB, ingress only          {peer:>6.2f}  {peer_cpu:>6.2f}   {options.flows / peer:>11,.0f}"
        f"   {peer_cpu / options.flows * 1e9:>8.0f}      {max(each['peak_bytes'] for each in theirs) / 1e6:>6.0f}"
    )
    print(f"ratio of walls                {peer / wall:>6.1f}")


def make(folder: Path, options: argparse.Namespace) -> Path:
    """Write policies, inventory, expanded rules and flows, unless they are there."""
    flows = folder / f"flows-{options.flows}-{options.policies}-{options.pods}.parquet"
    inventory, policies = synthetic_cluster(options.policies, options.pods)
    if not flows.exists():
        pool = connection_pool(inventory, policies)
        write_cluster(folder, inventory, policies)
        expand(folder, inventory, policies, pool)
        write_vpc_parquet(flows, pool, options.flows)
    return flows


def audit(folder: Path, flows: Path) -> dict[str, float]:
    """Run the audit as a user does, and return what it and the system say of it."""
    report = folder / "report"
    command = [sys.executable, "-m", "auditor", "audit", "-q", "--force", "-o", "json", "--fail-on", "never"]
    command += ["--policies", str(folder / "policies"), "--inventory", str(folder / "cluster.json")]
    command += ["--flows", str(flows), "--out", str(report), "--own-node", "judge", "--threads", str(THREADS)]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"the audit ended with {process.returncode}")
    run = json.loads((report / "run.json").read_text())
    stage = run["time"]["stages"]["audit"]
    return {
        "wall_s": wall,
        "audit_s": stage["wall_s"],
        "audit_cpu_s": stage["cpu_s"],
        "peak_bytes": usage.ru_maxrss * 1024,
        "denied": run["flows"]["ingress_reason"]["no-rule-matched"],
        "rows": run["rows"]["classified"],
    }


def query(folder: Path, flows: Path) -> dict[str, float]:
    """Run the query in a process of its own."""
    child = subprocess.run(
        [sys.executable, __file__, "--query", str(folder), str(flows)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(child.stdout)
    return found


def run_query(folder: Path, flows: Path) -> None:
    """Judge ingress in SQL: distinct keys first, then the expanded rules, then the flows' counts."""
    start, cpu = time.perf_counter(), time.process_time()
    base = connect(folder)
    counted = f"select sum(flows) filter (is_denied), sum(flows) from ({judged(flows)})"
    ((denied, rows),) = base.sql(counted).fetchall()
    print(
        json.dumps(
            {
                "wall_s": time.perf_counter() - start,
                "cpu_s": time.process_time() - cpu,
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "denied": denied,
                "rows": rows,
            }
        )
    )


_JUDGED = """
with recorded as (
  select pkt_srcaddr as src, pkt_dstaddr as dst, srcport, dstport, protocol,
         case when tcp_flags & 18 = 18 then true when tcp_flags & 18 = 2 then false
              else srcport < 32768 and dstport >= 32768 end as is_reply
  from read_parquet('{flows}') where log_status = 'OK'
), keys as (
  select case when is_reply then dst else src end as opener, case when is_reply then src else dst end as other,
         protocol, case when is_reply then srcport else dstport end as port, count(*) as flows
  from recorded group by all
), judged as (
  select keys.*, isolated.subject from keys left join isolated on isolated.address = keys.other
), allowed as (
  select distinct opener, other, judged.protocol, port
  from judged join rules using (subject) join ports using (port_set)
  join peers on peers.peer_set = rules.peer_set and peers.address = opener
  where ports.protocol = judged.protocol and port between ports.first and ports.last
)
select opener, other, protocol, port, flows,
       subject is not null and opener <> other
       and (opener, other, protocol, port) not in (select opener, other, protocol, port from allowed) as is_denied
from judged
"""

_OURS = """
select case opener when 'source' then src_ip else dst_ip end as opener,
       case opener when 'source' then dst_ip else src_ip end as other,
       case protocol when 'TCP' then 6 when 'UDP' then 17 when 'SCTP' then 132 end as protocol,
       case opener when 'source' then dst_port else src_port end as port, count(*) as flows
from reported where ingress_reason = 'no-rule-matched' group by all
"""


def judged(flows: Path) -> str:
    """Return the query: distinct connections, their number of flows, and whether their ingress is denied."""
    return _JUDGED.format(flows=flows)


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a database that holds the expanded rules."""
    base = duckdb.connect(config={"threads": THREADS})
    for name in ("peers", "rules", "ports", "isolated"):
        base.sql(f"create table {name} as select * from read_parquet('{folder / name}.parquet')")
    return base


def compare(folder: Path, flows: Path, ours: dict[str, float], theirs: dict[str, float]) -> None:
    """Stop unless both read the same flows and deny ingress to the same connections, equally often."""
    for name in ("rows", "denied"):
        if ours[name] != theirs[name]:
            raise SystemExit(f"{name}: auditor {ours[name]}, DuckDB {theirs[name]}")
    base = connect(folder)
    parts = [
        ipc.open_file(path).read_all() for path in sorted((folder / "report").glob("violations-*.arrow"))
    ]
    base.register("reported", pa.concat_tables(parts).unify_dictionaries())
    denied = f"select * exclude is_denied from ({judged(flows)}) where is_denied"
    for one, other in ((denied, _OURS), (_OURS, denied)):
        ((differing,),) = base.sql(f"select count(*) from (({one}) except ({other}))").fetchall()
        if differing:
            raise SystemExit(f"{differing} connections are judged differently")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--query"]:
        run_query(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
