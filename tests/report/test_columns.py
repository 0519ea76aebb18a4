"""Tables of lines."""

from __future__ import annotations

from auditor.report.columns import Column, aligned, fitted

COLUMNS = (
    Column("FROM", is_name=True),
    Column("TO", is_name=True),
    Column("WHY", is_prose=True),
    Column("COUNT", is_number=True),
)


def lines_at(width, *rows):
    """Return the lines of ``rows`` below the headings in a terminal of ``width`` cells."""
    return fitted("Found", "bold", COLUMNS, rows, width, colour=False).splitlines()[2:]


def test_aligned__pads_to_the_widest():
    """Names are left, numbers are right, and no line ends in blanks."""
    assert aligned(COLUMNS, [("a", "b", "because", "1"), ("long name", "b", "x", "123,456")]) == [
        "  FROM       TO  WHY        COUNT",
        "  a          b   because        1",
        "  long name  b   x        123,456",
    ]


def test_fitted__leaves_what_fits():
    """A table is as wide as its cells, not as the terminal."""
    assert lines_at(80, ("a" * 15, "b", "so it is", "1")) == ["aaaaaaaaaaaaaaa  b   so it is      1"]


def test_fitted__folds_the_longer_name_first():
    """What a short name does not need is left to the long one; none loses a character."""
    assert lines_at(35, ("a" * 15 + "c" * 5, "b", "so it is", "1")) == [
        "aaaaaaaaaaaaaa  b   so it is      1",
        "accccc",
    ]


def test_fitted__folds_prose_where_names_would_be_too_narrow():
    """Prose breaks between words once both names are as narrow as can be read."""
    row = ("a" * 20, "b" * 20, "so it is", "1")
    assert lines_at(41, row)[0] == "aaaaaaaaaaa  bbbbbbbbbbb  so it is      1"
    assert lines_at(40, row) == [
        "aaaaaaaaaaaaa  bbbbbbbbbbbbb  so       1",
        "aaaaaaa        bbbbbbb        it",
        "                              is",
    ]


def test_fitted__cuts_nothing_where_nothing_fits():
    """A terminal too narrow for that wraps whole lines itself; the heading is broken between words."""
    row = ("a" * 20, "b" * 20, "so it is", "1,234,567")
    assert lines_at(20, row) == ["  ".join(row)]
    text = fitted("Found this or that", "bold", COLUMNS, [row], 10, colour=False)
    assert text.startswith("Found this\nor that\nFROM  ")


def test_fitted__takes_no_row():
    """Without rows there are the headings."""
    assert lines_at(80) == []
