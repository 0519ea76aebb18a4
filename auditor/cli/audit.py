"""``auditor audit``: flow logs against policies, to a report folder and a table of findings."""

from __future__ import annotations

import gc
import shutil
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.about import VERSION
from auditor.cli.exits import STOPPED, exit_code
from auditor.cli.flags import PATH, cluster, common, flag, json_fields, replies, rows, vpc_format
from auditor.cli.progress import Progress
from auditor.cli.show import complain, printing, warn
from auditor.cli.stopping import Stopping
from auditor.errors import ConfigError
from auditor.heap import share_heap

if TYPE_CHECKING:
    from auditor.run import Outcome


@click.command(short_help="classify flow logs and write the report")
@cluster
@flag(
    "--flows",
    "-f",
    type=PATH,
    multiple=True,
    required=True,
    metavar="PATH",
    help="Flow logs: files, folders, patterns, URLs of object stores (s3://, gs://, abfss://), or - for standard "
    "input. Repeatable.",
)
@flag("--out", type=click.Path(), required=True, metavar="DIR", help="Folder of the report.")
@rows
@replies
@flag(
    "--format",
    metavar="NAME",
    help="Log format, where it cannot be recognised from the bytes: vpc-text, vpc-parquet, hubble-json, "
    "generic-parquet, generic-arrow, generic-csv or generic-json.",
)
@vpc_format
@json_fields
@flag(
    "--since",
    metavar="TIME",
    help="Judge only flows that end at this time or later: RFC 3339, or a date; UTC without a zone. Flows of unknown "
    "time are judged too.",
)
@flag("--until", metavar="TIME", help="Judge only flows that begin before this time; see --since.")
@flag(
    "--fail-on",
    multiple=True,
    default=("violation",),
    show_default=True,
    metavar="FINDING[,...]",
    help="Which findings make the exit code 1: violation, misdropped, undecided, rejected, or never. Repeatable.",
)
@flag(
    "--max-rejected",
    default="1%",
    show_default=True,
    metavar="N|N%",
    help="Rejected rows beyond this make the exit code 3.",
)
@flag(
    "--on-rejected",
    type=click.Choice(("quarantine", "fail")),
    default="quarantine",
    show_default=True,
    help="Report rejected rows, or stop at the first.",
)
@flag(
    "--threads",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Threads, and logs read at once; the processors of this machine by default.",
)
@flag(
    "--hash",
    type=click.Choice(("blake3", "sha256", "none")),
    default="blake3",
    show_default=True,
    help="What flow logs are hashed with, for run.json.",
)
@flag("--force", is_flag=True, help="Replace a report that is in the folder.")
@flag(
    "--output",
    "-o",
    type=click.Choice(("table", "wide", "json", "yaml")),
    default="table",
    show_default=True,
    help="How the findings are printed.",
)
@flag("--quiet", "-q", is_flag=True, help="No progress.")
@common
def audit(**given: Any) -> None:  # noqa: ANN401  the flags above
    """Judge recorded flows against network policies.

    Reads policies, an inventory of the cluster and flow logs; writes the report folder and prints the findings.

    \b
    Example:
      kubectl get networkpolicies -A -o yaml > policies.yaml
      kubectl get pods,namespaces,nodes,services,endpointslices -A -o json > cluster.json
      auditor audit --policies policies.yaml --inventory cluster.json --flows logs/ --out report
    """
    share_heap()  # before anything is imported that has threads
    from auditor.config import parse_fail_on

    outcome = perform(given)
    print_outcome(outcome, given["output"], given["out"])
    fail_on = parse_fail_on(given["fail_on"])
    raise click.exceptions.Exit(exit_code(outcome.totals, outcome.record.missing, fail_on))


def perform(given: dict[str, Any]) -> Outcome:
    """Run the audit that the flags describe; Ctrl-C and SIGTERM end it where nothing is half done."""
    _refuse_two_readers(given)
    with Stopping() as stopping:
        try:
            return _perform(given, stopping)
        except KeyboardInterrupt as stop:
            complain("stopped", f"by {stopping.asked}; {str(stop) or 'nothing was written'}")
            raise click.exceptions.Exit(STOPPED) from None


def _refuse_two_readers(given: dict[str, Any]) -> None:
    """Refuse flow logs from standard input beside policies or an inventory from there: it can be read once."""
    for other in ("policies", "inventory"):
        if "-" in given["flows"] and "-" in given[other]:
            raise ConfigError(
                f"expected standard input for one thing, came `--{other} -` and `--flows -`; write one to a file"
            )


def _perform(given: dict[str, Any], stopping: Stopping) -> Outcome:
    from auditor.compiler.build import build
    from auditor.config import AuditOptions, default_threads, parse_fail_on, parse_reject_limit
    from auditor.flows.options import FlowOptions
    from auditor.flows.window import read_window
    from auditor.ir.model import Inventory, Switches
    from auditor.loading import load
    from auditor.rehearsal import rehearsing
    from auditor.report.run import Run as RunRecord
    from auditor.report.run import Stage
    from auditor.run import Run

    options = AuditOptions(
        rows=given["rows"],
        replies=given["replies"],
        fail_on=parse_fail_on(given["fail_on"]),
        max_rejected=parse_reject_limit(given["max_rejected"]),
        on_rejected=given["on_rejected"],
        threads=given["threads"] or default_threads(),
        hash=given["hash"],
        flows=FlowOptions(
            format=given["format"],
            vpc_format=given["vpc_format"],
            json_fields=given["json_fields"],
            window=read_window(given["since"], given["until"]),
        ),
        since=given["since"],
        until=given["until"],
    )
    record = RunRecord(VERSION, None, datetime.now(UTC).isoformat())
    clock = _Clock()
    loaded = load(
        given["policies"],
        given["inventory"],
        allow_unsupported=given["allow_unsupported"],
        pod_networks=given["pod_cidr"],
    )
    record.stages["load"] = Stage(*clock.lap())
    warn(loaded.warnings, "all of them are in run.json")
    with rehearsing(options.threads) as is_first:
        switches = Switches(given["own_node"], given["other_protocols"])
        tables = build(loaded.policies, loaded.inventory or Inventory(), switches)
        record.stages["compile"] = Stage(*clock.lap())
        tables = replace(tables, provenance=loaded.provenance)
        # All of this stays to the end: the collector need not look through it, now or at the exit.
        gc.freeze()
        run = Run(tables, list(given["flows"]), options, record=record)

        def look(n_flows: int, share: float) -> None:
            progress(n_flows, share)
            stopping.check()

        with Progress(is_quiet=given["quiet"], is_first=is_first) as progress, stopping.deferred():
            try:
                outcome = run.write(given["out"], force=given["force"], progress=look)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(_kept(given["out"])) from None
    warn(outcome.record.warnings[len(loaded.warnings) :], "all of them are in run.json")
    return outcome


def _kept(out: str) -> str:
    """Return what a stopped run has left."""
    from auditor.report.folder import RUN

    if (Path(out) / RUN).exists():
        return f"`{out}` holds what was finished, marked incomplete"
    return f"`{out}` holds no whole report"


def print_outcome(outcome: Outcome, output: str, out: str) -> None:
    """Print findings and counts, and last what is missing."""
    with printing():
        _print_outcome(outcome, output)
        if output in ("table", "wide"):
            click.echo(f"report      {out}")
    for missing in outcome.record.missing:
        complain("incomplete", missing)


def _print_outcome(outcome: Outcome, output: str) -> None:
    from auditor.report.plain import as_json, as_yaml
    from auditor.report.run import run_document
    from auditor.report.terminal import counts_text, findings_text

    if output in ("json", "yaml"):
        write = as_json if output == "json" else as_yaml
        click.echo(
            write(outcome.summary, run_document(outcome.record, outcome.totals, outcome.notes)), nl=False
        )
        return
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else None
    click.echo(
        findings_text(
            outcome.summary, outcome.totals, is_wide=output == "wide", width=width, colour=is_terminal
        ),
        nl=False,
    )
    # Warnings and what is missing are said once, on standard error.
    said = replace(outcome.record, warnings=[], missing=[])
    click.echo("\n" + counts_text(outcome.totals, said, outcome.notes), nl=False)


class _Clock:
    """Wall and processor seconds since the last look."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def lap(self) -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        taken = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        return taken
