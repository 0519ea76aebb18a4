"""``auditor demo``: a small realistic cluster with planted gaps, audited."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import click

from auditor.cli.audit import perform, print_outcome
from auditor.cli.flags import common, flag
from auditor.cli.show import printing


@click.command(short_help="write a small realistic cluster and flow logs, and audit them")
@flag(
    "--out",
    type=click.Path(),
    default="demo",
    show_default=True,
    metavar="DIR",
    help="Folder of the demonstration.",
)
@click.option(
    "--flows",
    "n_flows",
    type=click.IntRange(1),
    default=1_000_000,
    show_default=True,
    envvar="AUDITOR_DEMO_FLOWS",
    show_envvar=True,
    metavar="N",
    help="VPC flows.",
)
@flag("--force", is_flag=True, help="Replace the reports of a former demonstration.")
@flag("--quiet", "-q", is_flag=True, help="No progress.")
@common
def demo(*, out: str, n_flows: int, force: bool, quiet: bool) -> None:
    """Write a cluster of about 300 pods, 40 policies and two flow logs, then audit both.

    The logs hold one deliberate gap of each kind; README.txt in the folder says which lies where. The exit code is 0
    although there are findings: they are the point.
    """
    from auditor.demo.write import write_demo
    from auditor.report.folder import ReportFolder

    folder = Path(out)
    for name in _REPORTS:
        # Refused now rather than after a million flows were written.
        with ReportFolder(folder / name, force=force):
            pass
    if not quiet:
        click.echo(f"writing {n_flows:,} VPC flows and a Hubble log to {folder}", err=True)
    files = write_demo(folder, n_flows)
    for title, log, report in (
        ("AWS VPC flow log", files.vpc, folder / _REPORTS[0]),
        ("Cilium Hubble events", files.hubble, folder / _REPORTS[1]),
    ):
        with printing():
            click.echo(f"\n== {title}: {log}\n")
        given = {
            "policies": [str(files.policies)],
            "inventory": [str(files.inventory)],
            "flows": [str(log)],
            "out": str(report),
            "force": force,
            "quiet": quiet,
            **_DEFAULTS,
        }
        print_outcome(perform(given), "table", str(report))
    program = program_text()
    sources = f"--policies {_quoted(files.policies)} --inventory {_quoted(files.inventory)}"
    with printing():
        click.echo(
            f"""
Try it yourself:
  {program} audit {sources} --flows {_quoted(files.flows)} --out report
  {program} lint {sources}"""
        )


def program_text() -> str:
    """Return how a shell starts this program again: by its name where that finds it, else as it was started now."""
    started = sys.argv[0]
    if Path(started).name == "__main__.py":
        return f"{_quoted(sys.executable)} -m auditor"
    found = shutil.which("auditor")
    if found is not None and Path(started).resolve() == Path(found).resolve():
        return "auditor"
    return _quoted(started)


def _quoted(path: str | Path) -> str:
    return shlex.quote(str(path))


_REPORTS = ("report-vpc", "report-hubble")

_DEFAULTS = {
    "rows": "violations",
    "replies": "infer",
    "fail_on": ("never",),
    "max_rejected": "1%",
    "on_rejected": "quarantine",
    "threads": None,
    "hash": "blake3",
    "since": None,
    "until": None,
    "format": None,
    "vpc_format": None,
    "json_fields": None,
    "allow_unsupported": False,
    "pod_cidr": (),
    "own_node": "allow",
    "other_protocols": "strict",
}
