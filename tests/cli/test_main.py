"""The command itself: subcommands, help, failures and exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from auditor.about import VERSION
from auditor.cli import main
from auditor.cli.main import COMMANDS
from tests.console import ROOT, auditor, spawned
from tests.small_cluster import AUDIT, SOUND


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_auditor__lists_its_commands(flag):
    """Help names every subcommand with what it does, and the exit codes."""
    ended = auditor(flag)
    assert (ended.code, ended.err) == (0, "")
    for name, what in COMMANDS.items():
        assert f"  {name} " in ended.out
        assert what in ended.out
    for code in (
        "0 done and clean",
        "1 done, with findings",
        "2 wrong",
        "3 done but",
        "101 a bug",
        "130 stopped",
    ):
        assert code in ended.out


@pytest.mark.parametrize("command", COMMANDS)
def test_auditor__describes_every_flag(command):
    """Every flag of every subcommand has a sentence and an environment twin."""
    ended = auditor(command, "--help")
    assert (ended.code, ended.err) == (0, "")
    flags = ended.out.partition("Options:")[2].replace("\n  -h, --help", "\n  --help").split("\n  -")[1:]
    assert len(flags) > 3
    for flag in flags:
        name, _, sentence = flag.partition(" ")
        assert len(sentence.split()) > 2, name
        assert "[env var: AUDITOR_" in " ".join(sentence.split()) or name == "-help"


def test_auditor__says_its_version():
    """The version is that of the package."""
    assert auditor("--version") == (0, f"auditor, version {VERSION}\n", "")


def test_auditor__shows_help_without_a_command():
    """Nothing asked is a wrong call, answered with the help."""
    ended = auditor()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: auditor ")


def test_run__is_what_python_m_runs():
    """`python -m auditor` is the same program."""
    assert spawned("--version") == (0, f"auditor, version {VERSION}\n", "")


def test_run__prints_where_a_failure_came_from_on_request(cluster):
    """--debug, or its twin, adds the traceback; without it there is none."""
    wrong = ("lint", "--policies", "nope.yaml")
    sentence = "auditor: error: expected a file or folder, `nope.yaml` does not exist\n"
    assert auditor(*wrong) == (2, "", sentence)
    for ended in (auditor(*wrong, "--debug"), auditor(*wrong, AUDITOR_DEBUG="1")):
        assert ended.code == 2
        assert ended.err.startswith("Traceback (most recent call last)")
        assert ended.err.endswith(sentence)


@pytest.mark.parametrize("is_debug", [False, True])
def test_run__owns_up_to_a_bug(cluster, monkeypatch, is_debug):
    """What is nobody's input's fault is code 101, and asks to be looked at."""
    monkeypatch.setattr("auditor.loading.load", lambda *_, **__: 1 / 0)
    ended = auditor("lint", *SOUND, *(["--debug"] if is_debug else []))
    assert ended.code == 101
    assert ("Traceback" in ended.err) is is_debug
    assert ended.err.endswith(
        "auditor: bug: ZeroDivisionError: division by zero; this should not happen, run again with --debug to see "
        "where\n"
    )


def test_run__stops_at_ctrl_c(cluster, monkeypatch):
    """Ctrl-C outside an audit is code 130 and a line."""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("auditor.loading.load", interrupted)
    assert auditor("lint", *SOUND) == (130, "", "\nauditor: stopped: by Ctrl-C\n")


def test_get_command__knows_its_own_only():
    """A word that is no subcommand is none, even if a module has that name."""
    assert main.auditor.get_command(None, "show") is None


@pytest.mark.parametrize(
    "arguments", [AUDIT, ("explain", *SOUND, "shop/web", "shop/db", "1"), ("lint", *SOUND)]
)
def test_run__outlives_the_reader_of_its_output(cluster, arguments):
    """`auditor ... | head -1` ends with the code of the work, without a traceback."""
    expected = auditor(*arguments, *(["--force"] if arguments is AUDIT else [])).code
    again = [*arguments, *(["--force"] if arguments is AUDIT else [])]
    with subprocess.Popen(
        [sys.executable, "-m", "auditor", *again],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (expected, b"")
