"""Lines on standard error, and output that nobody reads to its end."""

from __future__ import annotations

import os
import sys

from auditor.cli.show import MAX_WARNINGS, complain, first_problems, harmless, printing, warn
from auditor.errors import Origin, PolicyError, Problem


def test_harmless__shows_what_a_terminal_would_act_on():
    """Escapes, line ends and marks of direction are written out; other letters stay."""
    assert harmless("a\x1b[31mb\nc\u202ed é 漢") == r"a\x1b[31mb\nc\u202ed é 漢"


def test_harmless__cuts_long_texts():
    """A message of megabytes is cut, and says so."""
    assert harmless("x" * 5_000) == "x" * 2_000 + "..."


def test_complain__prints_a_line_for_each_line(capsys):
    """Several problems are several lines, each with the name of the program."""
    complain("error", "first\nsecond \x07")
    assert capsys.readouterr().err == "auditor: error: first\nauditor: error: second \\x07\n"


def test_warn__counts_what_it_does_not_print(capsys):
    """A thousand warnings are ten, and a line that says how many more and where."""
    warn([f"w{n}" for n in range(MAX_WARNINGS)], "see there")
    assert capsys.readouterr().err.count("\n") == MAX_WARNINGS
    warn([f"w{n}" for n in range(1_000)], "see there")
    lines = capsys.readouterr().err.splitlines()
    assert lines[MAX_WARNINGS - 1] == "auditor: warning: w9"
    assert lines[MAX_WARNINGS:] == ["auditor: warning: 990 more warnings; see there"]


def test_printing__outlives_its_reader(monkeypatch):
    """Writing to a pipe that nobody reads ends the printing, and nothing else."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with printing():
            stream.write("x" * 100_000)
        with printing():
            stream.write("more")


def test_complain__outlives_its_reader(monkeypatch):
    """So does a failure that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        complain("error", "x")
        complain("error", "y")


def test_first_problems__are_twenty_of_each_file():
    """A file with many problems hides neither how many nor those of the next file."""
    many = [Problem("wrong", Origin("a.yaml", line=line)) for line in range(1, 24)]
    shown = first_problems(PolicyError([*many, Problem("bad", Origin("b.yaml"))])).splitlines()
    assert shown[0] == "wrong - at a.yaml:1"
    assert shown[19:] == ["wrong - at a.yaml:20", "and 3 more in a.yaml", "bad - at b.yaml"]
