"""The answers: cores, memory and partitions for a rate, where more workers stop to help, what would be cheaper."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from auditor.capacity.blocks import Bars, Lines, Part, Table, named
from auditor.capacity.law import LEAST_POINTS, fit
from auditor.capacity.messaging import from_broker
from auditor.capacity.sizing import UTILISATION, costs, efficiency, size
from auditor.capacity.statistics import LEVEL, ratio

if TYPE_CHECKING:
    from auditor.capacity.results import Figure, Results

ENOUGH, ENOUGH_S = 100_000, 0.05
"""Flows of a log, or seconds that they take, from which what is done once a log does not show in the cost of each."""


def answer(results: Results, rate: float) -> Part:
    """Return how many cores, how much memory and how many partitions a rate of flows needs."""
    part = Part("answer", f"What {rate:,.0f} flows a second need")
    worth, n_worth = efficiency(results)
    found = costs(results)
    if not found:
        part.blocks.append("Not measured: no log was, so there is nothing to size by.")
        return part
    rows = []
    for figure, bytes_a_flow in found:
        once, twice = (size(named(figure), n, figure.median, worth, bytes_a_flow) for n in (rate, 2 * rate))
        mb_per_s = rate * bytes_a_flow / 1e6
        rows.append(
            [once.what, figure.median, 1e9 / figure.median, once.exact, once.cores, twice.cores, mb_per_s]
        )
    columns = [
        ("log", None),
        ("CPU ns a flow", 1),
        ("flows/s a core", 0),
        ("cores, exactly", 3),
        ("cores", 0),
    ]
    columns += [("cores at twice the rate", 0), ("MB/s to read", 1)]
    part.blocks.append(Table(f"Cores for {rate:,.0f} flows a second", columns, rows))
    figure, _ = found[0]
    first = size(named(figure), rate, figure.median, worth)
    measured = (
        f"measured with {n_worth} threads"
        if n_worth > 1
        else "not measured, so each core is taken to be worth the first"
    )
    part.blocks.append(
        f"cores = rate x CPU ns a flow / (1e9 x utilisation x efficiency), rounded up. Utilisation {UTILISATION:g} "
        f"leaves the rest for peaks and for catching up; efficiency {worth:.2f} is what a core is worth of the first, "
        f"{measured}. For {first.what}: {rate:,.0f} x {figure.median:,.1f} / (1e9 x {UTILISATION:g} x {worth:.2f}) = "
        f"{first.exact:.3f}, so {first.cores}."
    )
    part.blocks.append(_by_rate(found, rate, worth, n_worth))
    if first.cores > n_worth:
        part.blocks.append(
            f"More than {n_worth} cores were not measured: what is said of them is extrapolated."
        )
    short = [
        f"{named(each)} ({each.n_flows:,} flows)"
        for each, _ in found
        if each.n_flows < ENOUGH and each.n_flows * each.median / 1e9 < ENOUGH_S
    ]
    if short:
        part.blocks.append(
            f"Too short to believe: {', '.join(short)}. What is done once weighs on so few flows: a longer log costs "
            f"less a flow and gains more by threads; give logs of {ENOUGH:,} flows or more."
        )
    peak = max(
        results.measured("memory", what="peak"), key=lambda each: int(each.labels["threads"]), default=None
    )
    if peak is None:
        part.blocks.append("Memory: not measured.")
    else:
        one, n_threads = max(peak.runs) / 1e6, int(peak.labels["threads"])
        n_processes = ceil(first.cores / n_threads)
        part.blocks.append(
            f"Memory: {one:,.0f} MB at most for a process with {n_threads} threads, on "
            f"{peak.n_flows:,} flows of {peak.note}. memory = processes x that / utilisation: {first.cores} cores for "
            f"{first.what} are {n_processes} such, {n_processes} x {one:,.0f} / {UTILISATION:g} = "
            f"{n_processes * one / UTILISATION:,.0f} MB. The service holds a second set of tables while policies "
            "change: that memory was not measured."
        )
    with_broker = from_broker(results)
    shapes = with_broker or [(each.labels["shape"], each) for each in results.measured("messages")]
    if shapes:
        rows = []
        for name, each in shapes:
            cores = size(name, rate, each.median).cores
            rows.append([name, each.median, cores, 2 * cores])
        columns = [("message", None), ("CPU ns a flow", 1), ("members of a core each", 0), ("partitions", 0)]
        part.blocks.append(
            Table(f"Members and partitions for {rate:,.0f} flows a second from Kafka", columns, rows)
        )
        part.blocks.append(
            "Members by the same formula, each with one core; partitions are twice as many, so that members can be "
            "doubled without new ones. Fetching from a broker is "
            + ("in it. " if with_broker else "not in it: `--brokers HOST:PORT` measures it. ")
            + f"For {rows[0][0]}: {rows[0][2]} members, so 2 x {rows[0][2]} = {rows[0][3]} partitions."
        )
    return part


def _by_rate(found: list[tuple[Figure, float]], rate: float, worth: float, n_worth: int) -> Lines:
    """Return the cores of a log of each format over the rate; beyond those that were measured, extrapolated."""
    lines, beyond = {}, {}
    firsts = {figure.labels["log"]: figure for figure, _ in reversed(found)}
    for figure in firsts.values():
        a_core = size(named(figure), 1.0, figure.median, worth).exact
        edge = n_worth / a_core
        rates = sorted({rate * share for share in (0.25, 0.5, 1.0, 2.0, 4.0)})
        measured = [each for each in rates if each <= edge] + [edge] * (edge < rates[-1])
        lines[named(figure)] = [(each, *(3 * (a_core * each,))) for each in measured]
        if edge < rates[-1]:
            beyond[named(figure)] = [(each, a_core * each) for each in (edge, *rates) if each >= edge]
    return Lines("Cores by flows a second", "flows/s", "cores", lines, beyond=beyond)


def knee(results: Results) -> Part:
    """Return what further workers give, and where they stop to help."""
    part = Part(
        "scaling",
        "What further workers give",
        "Wall time; the same log, audited with more threads or in more processes.",
    )
    rows, lines, beyond = [], {}, {}
    for by in ("threads", "processes"):
        points = [(int(each.labels["threads"]), each.interval) for each in results.measured("scaling", by=by)]
        if not points:
            continue
        base = points[0][1].middle
        rows += [
            [by, n, around.middle, around.low, around.high, around.middle / base] for n, around in points
        ]
        lines[by] = [(float(n), around.middle, around.low, around.high) for n, around in points]
        law = fit([n for n, _ in points], [around.middle for _, around in points])
        if law is None:
            part.blocks.append(
                f"The Universal Scalability Law is not fitted to {by}: {len(points)} points, of {LEAST_POINTS} "
                "that are needed; more cores give more points."
            )
        else:
            top = (
                f"more than {law.knee:.0f} give less"
                if law.knee
                else "no number was found from which more give less"
            )
            shown = ", ".join(f"{off:+.1%}" for off in law.residuals)
            part.blocks.append(
                f"Universal Scalability Law, {by}: contention {law.contention:.3f}, crosstalk "
                f"{law.crosstalk:.5f}; {top}; residuals {shown}."
            )
            most = points[-1][0]
            beyond[by] = [(float(n), law.at(n)) for n in (most, 1.5 * most, 2 * most)]
    if rows:
        columns = [("by", None), ("workers", 0), ("flows/s", 0), ("low", 0), ("high", 0), ("times one", 2)]
        part.blocks.insert(0, Table("Flows a second by number of workers", columns, rows))
        if any(len(points) > 1 for points in lines.values()):
            caption = "Flows a second by number of workers"
            part.blocks.insert(1, Lines(caption, "workers", "flows/s", lines, beyond=beyond))
    for figure, _ in costs(results):
        log = {name: figure.labels[name] for name in ("log", "compression")}
        read = results.one("stage", **log, stage="read")
        if (
            read
            and read.median
            and log["log"] in ("vpc-text", "hubble-json")
            and log["compression"] == "gzip"
        ):
            workers = ceil(figure.median / read.median)
            part.blocks.append(
                f"The knee of one file of {log['log']} in gzip: it is inflated on one thread, {1e9 / read.median:,.0f} "
                f"flows/s at most, which {workers} threads keep up with; further threads need further files, which are "
                "read side by side."
            )
    return part


def cheaper(results: Results) -> Part:
    """Return what would make a flow cheaper, with the gain as measured."""
    part = Part("cheaper", "What would be cheaper", "Against the dearest log of this report.")
    found = [(figure, bytes_a_flow) for figure, bytes_a_flow in costs(results)]
    if len(found) > 1:
        found.sort(key=lambda each: each[0].median)
        worst, order = found[-1], [figure for figure, _ in found]
        rows = [
            [
                named(figure),
                figure.median,
                worst[0].median / figure.median,
                bytes_a_flow,
                bytes_a_flow / worst[1],
            ]
            for figure, bytes_a_flow in found
        ]
        columns = [
            ("log", None),
            ("CPU ns a flow", 1),
            ("times cheaper", 2),
            ("bytes a flow", 1),
            ("times its bytes", 2),
        ]
        bars = [(named(figure), *_gain(worst[0], figure)) for figure in order]
        part.blocks.append(Table(f"Beside {named(worst[0])}", columns, rows))
        part.blocks.append(Bars(f"How many times cheaper than {named(worst[0])}", "times", bars, 2))
    shapes = {each.labels["shape"]: each.median for each in results.measured("messages")}
    for one, many in (
        ("Hubble event a message", "100 Hubble events a message"),
        ("VPC record a message", "1,000 rows, Arrow"),
    ):
        if one in shapes and many in shapes:
            part.blocks.append(
                f"Kafka, size of messages: `{many}` instead of `{one}`: "
                f"{shapes[one] / shapes[many]:.2f} times cheaper a flow."
            )
    by_codec = {(each.labels["shape"], each.labels["codec"]): each for _, each in from_broker(results)}
    for (shape, codec), each in by_codec.items():
        plain = by_codec.get((shape, "none"))
        if codec != "none" and plain is not None:
            gain = plain.median / each.median
            word = f"{gain:.2f} times cheaper" if gain >= 1 else f"{1 / gain:.2f} times dearer"
            part.blocks.append(
                f"Kafka: `{shape}` in batches of {codec} instead of plain ones: {word} a flow."
            )
    return part


def _gain(worst: Figure, figure: Figure) -> tuple[float, float, float]:
    found = ratio(figure.runs, worst.runs, LEVEL)
    return found.middle, found.low, found.high
