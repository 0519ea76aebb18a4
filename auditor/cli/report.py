"""``auditor report``: a report folder as one page for people."""

from __future__ import annotations

from pathlib import Path

import click

from auditor.cli.exits import CLEAN, INCOMPLETE
from auditor.cli.flags import common, flag
from auditor.cli.show import complain


@click.command(short_help="turn a report into one HTML page")
@click.argument("folder", metavar="DIR")
@flag(
    "--out",
    "-o",
    type=click.Path(),
    default="report.html",
    show_default=True,
    metavar="FILE",
    help="Where the page is written.",
)
@flag("--force", is_flag=True, help="Replace the file if it is there.")
@common
def report(*, folder: str, out: str, force: bool) -> None:
    """Turn what `auditor audit` wrote to DIR into one HTML page.

    DIR may also be what `auditor stream` writes to, a folder or a URL: its segments are proved, and added up.

    The page holds everything in one file and loads nothing: mail it, open it, print it. It needs the packages of the
    extra `report`: pip install 'flow-log-auditor[report]'.

    \b
    Exit codes: 0 done; 2 no report there, or nothing can be written; 3 done, but the report is incomplete.
    """
    from auditor.page.extra import require

    require()
    from auditor.report_page.build import report_page
    from auditor.report_page.read import read_report
    from auditor.report_page.write import check_absent, write_page

    path = Path(out)
    check_absent(path, force=force)
    found = read_report(folder)
    write_page(path, report_page(found))
    click.echo(f"wrote {path}", err=True)
    if not found.run.complete:
        complain("incomplete", "the report lacks what it was asked for, as the page says")
    raise click.exceptions.Exit(CLEAN if found.run.complete else INCOMPLETE)
