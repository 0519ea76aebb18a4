"""An audit of VPC flow logs in Parquet as the query that a user of DuckDB would write.

Rules are expanded beforehand to tables of addresses (see ``expanded``), flows are de-duplicated to distinct (source,
destination, protocol, port) first; ingress only, and the opener is taken from the TCP flags alone.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
from pyarrow import ipc

if TYPE_CHECKING:
    from pathlib import Path

TABLES = ("peers", "rules", "ports", "isolated")

_IS_REPLY = """case when tcp_flags & 18 = 18 then true when tcp_flags & 18 = 2 then false
              else srcport < 32768 and dstport >= 32768 end as is_reply"""

_JUDGED = """
with recorded as (
  select pkt_srcaddr as src, pkt_dstaddr as dst, srcport, dstport, protocol,
         {is_reply}
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

_WRITTEN = """
copy (
  with judged as materialized ({judged}), recorded as (
    select *, {is_reply} from read_parquet('{flows}') where log_status = 'OK'
  ), flows as (
    select *, case when is_reply then pkt_dstaddr else pkt_srcaddr end as opener,
           case when is_reply then pkt_srcaddr else pkt_dstaddr end as other,
           case when is_reply then srcport else dstport end as port
    from recorded
  )
  select pkt_srcaddr, pkt_dstaddr, srcport, dstport, protocol, action, "start", "end", bytes, packets
  from flows semi join (select * from judged where is_denied) using (opener, other, protocol, port)
) to '{out}' (format parquet)
"""

_OURS = """
select case opener when 'source' then src_ip else dst_ip end as opener,
       case opener when 'source' then dst_ip else src_ip end as other,
       case protocol when 'TCP' then 6 when 'UDP' then 17 when 'SCTP' then 132 end as protocol,
       case opener when 'source' then dst_port else src_port end as port, count(*) as flows
from reported where ingress_reason = 'no-rule-matched' group by all
"""


def _judged(flows: Path | str) -> str:
    """Return the query: distinct connections, their number of flows, and whether their ingress is denied."""
    return _JUDGED.format(flows=quoted(flows), is_reply=_IS_REPLY)


def quoted(path: Path | str) -> str:
    """Return a path as it stands between the quotes of a query."""
    return str(path).replace("'", "''")


@cache
def connect(folder: Path, threads: int) -> duckdb.DuckDBPyConnection:
    """Return a database that holds the expanded rules."""
    base = duckdb.connect(config={"threads": threads})
    for name in TABLES:
        base.sql(f"create table {name} as select * from read_parquet('{quoted(folder / name)}.parquet')")
    return base


def count(folder: Path, flows: Path | str, threads: int) -> dict[str, int]:
    """Judge every flow; return how many there are, and what is denied.

    Parameters
    ----------
    folder : Path
        Where the expanded rules lie.
    flows : Path or str
        The log.
    threads : int
        Of the database.

    Returns
    -------
    dict
        ``flows``; ``denied``: flows whose ingress is denied; ``connections`` of these, and the sum of their ``ports``.
    """
    counted = f"""select sum(flows), sum(flows) filter (is_denied), count(*) filter (is_denied),
        sum(port) filter (is_denied) from ({_judged(flows)})"""
    ((rows, denied, connections, ports),) = connect(folder, threads).sql(counted).fetchall()
    return {"flows": rows, "denied": denied or 0, "connections": connections, "ports": ports or 0}


def write(folder: Path, flows: Path | str, out: Path, threads: int) -> None:
    """Judge every flow, and write those whose ingress is denied, with their times and counters: what a report is for.

    Parameters
    ----------
    folder, flows, threads
        As of ``count``.
    out : Path
        A file of Parquet.
    """
    names = {"flows": quoted(flows), "out": quoted(out), "is_reply": _IS_REPLY}
    connect(folder, threads).sql(_WRITTEN.format(judged=_judged(flows), **names))


def n_written(folder: Path, out: Path, threads: int) -> int:
    """Return how many flows ``write`` has written."""
    counted = f"select count(*) from read_parquet('{quoted(out)}')"
    ((n_rows,),) = connect(folder, threads).sql(counted).fetchall()
    return int(n_rows)


def n_differing(folder: Path, flows: Path | str, report: Path, threads: int) -> int:
    """Return of how many connections a report and the query do not deny the ingress equally often."""
    base = connect(folder, threads)
    parts = [ipc.open_file(path).read_all() for path in sorted(report.glob("violations-*.arrow"))]
    base.register("reported", pa.concat_tables(parts).unify_dictionaries())
    denied = f"select * exclude is_denied from ({_judged(flows)}) where is_denied"
    found = 0
    for one, other in ((denied, _OURS), (_OURS, denied)):
        ((differing,),) = base.sql(f"select count(*) from (({one}) except ({other}))").fetchall()
        found += int(differing)
    return found
