"""From messages of a topic to what a segment keeps of them, without a network: by shape of the message."""

from __future__ import annotations

import time
from typing import Any

from auditor.capacity.compiled import compiled
from auditor.capacity.message_shapes import polled, refuse_rejected, shapes_of
from auditor.capacity.stopwatch import Stopwatch, slowed
from auditor.flows.messages_options import MessageOptions
from auditor.service.judging import judge
from auditor.service.options import StreamOptions


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    settings : dict
        ``policies``, ``inventory``, ``pod_cidrs`` (lists of str), ``hubble``, ``vpc_text`` (paths of logs),
        ``rounds``, ``own_node``.

    Returns
    -------
    dict
        By shape: ``seconds`` (CPU, of each run), ``n_flows``, ``n_rows``, ``n_messages``, ``n_bytes``.
    """
    tables, _ = compiled(settings)
    shapes = list(shapes_of(settings["hubble"], settings["vpc_text"]))
    polls = {name: list(polled(values)) for name, values, _ in shapes}
    found: dict[str, dict[str, Any]] = {}
    slow = slowed()
    for turn in range(settings["rounds"] + 1):
        for name, values, vpc_format in shapes:
            options = StreamOptions(threads=1, messages=MessageOptions(vpc_format=vpc_format))
            watch = Stopwatch(time.process_time, slow)
            judged = [judge(tables, each, options) for each in polls[name]]
            watch.lap("messages")
            if turn:
                found[name]["seconds"].append(watch.seconds["messages"])
                continue
            totals = [each.tally.finish() for each in judged]
            refuse_rejected(sum(each.n_rejected for each in totals), f"`{name}`")
            found[name] = {
                "seconds": [],
                "n_flows": sum(each.n_flows for each in totals),
                "n_rows": sum(each.n_rows for each in totals),
                "n_messages": len(values),
                "n_bytes": sum(map(len, values)),
            }
    return found
