"""A page with one of everything, made of names that an attacker would choose."""

from __future__ import annotations

from auditor.page.bars import Bar, Bin, bars, time_bars
from auditor.page.curves import Line, Point, lines, scatter
from auditor.page.document import Section, document
from auditor.page.drawing import Axis, Series
from auditor.page.figures import KeyFigure, facts, key_figures, notes, verdict
from auditor.page.heat import Cell, heat_map
from auditor.page.links import Link, links
from auditor.page.tables import Column, table

HOSTILE = (
    "<script>document.title='broken'</script>",
    '"><img src=x onerror="document.title=\'broken\'">',
    "</script><svg onload=\"document.title='broken'\">",
    "{{ 7 * 7 }} ${alert(1)} ' onmouseover='alert(1)",
    "gpj.\u202eexe\u2066\u200b",
    "\x1b[31mred\x00\r\nSet-Cookie: a=b",
    "https://example.test/?a=1&b=2#c",
    "javascript:alert(1)",
    "n" * 5_000,
    "",
)
N_ROWS = 10_000
SERIES = (Series(HOSTILE[0], "bad"), Series(HOSTILE[1], "calm"))


def long_rows(n_rows: int = N_ROWS) -> list[list[object]]:
    """Return rows of a text, a name, a number that is sometimes unknown, and a time."""
    return [
        [
            ("VIOLATION", "BLOCKED")[place % 2],
            f"{HOSTILE[place % len(HOSTILE)]}{place}",
            None if place % 10 == 3 else place * 7_919 % n_rows,
            1_767_600_000 + place,
        ]
        for place in range(n_rows)
    ]


def hostile_page() -> str:
    """Return the page."""
    names = list(HOSTILE)
    parts = [
        bars(names[0], [Bar(name, place + 1, place, place + 3) for place, name in enumerate(names)], "flows"),
        time_bars(
            names[1],
            [Bin(60.0 * at, 60.0 * at + 60, one.name, at + 1) for at in range(5) for one in SERIES],
            SERIES,
            "flows",
        ),
        heat_map(
            names[2],
            [Cell(row, column, 1 + place) for place, row in enumerate(names) for column in names],
            "flows",
            "from",
            "to",
        ),
        links(
            names[3], [Link(name, names[0], 5, SERIES[0].name) for name in names], SERIES, "flows", ("a", "b")
        ),
        lines(
            names[0],
            [Line(one, [Point(x, 2 * x, x, 3 * x, names[4]) for x in range(1, 7)]) for one in SERIES],
            Axis(names[0]),
            Axis("ms"),
        ),
        scatter(
            "points",
            [Line(SERIES[0], [Point(10**x, x) for x in range(5)])],
            Axis("a", is_log=True),
            Axis("b"),
        ),
        table(
            names[0],
            [
                Column("what", tones={"VIOLATION": "bad"}),
                Column("name"),
                Column("n", "number"),
                Column("at", "time"),
            ],
            long_rows(),
        ),
        table("short", [Column("name"), Column("n", "number", 1)], [[name, len(name)] for name in names]),
        facts([(name, name) for name in names]),
        notes(names, "warn"),
    ]
    top = [
        verdict("bad", names[0], names),
        key_figures([KeyFigure(name, name, name, "bad") for name in names]),
    ]
    return document(
        names[0], top, [Section("all", names[1], parts, names[2])], subtitle=names[5], foot=names[7]
    )
