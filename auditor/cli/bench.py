"""``auditor bench``: how many cores your traffic needs, measured on this machine."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.about import VERSION
from auditor.cli.exits import CLEAN, FOUND, INCOMPLETE, STOPPED
from auditor.cli.flags import PATH, common, flag
from auditor.cli.show import complain, harmless, printing
from auditor.cli.stopping import Stopping
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from auditor.capacity.plan import Bench
    from auditor.capacity.running import Look

_RATE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<letter>[kMG]?)(?:/s)?")
_LETTERS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}


@click.group(
    invoke_without_command=True, short_help="how many cores your traffic needs, measured on this machine"
)
@flag("--quick", is_flag=True, help="Small inputs, about 2 minutes; the default.")
@flag("--full", is_flag=True, help="All shapes of clusters and traffic, under 45 minutes on two cores.")
@flag(
    "--policies",
    "-p",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="Your policies, instead of generated ones.",
)
@flag("--inventory", "-i", type=PATH, multiple=True, metavar="PATH", help="Your cluster, with --policies.")
@flag("--flows", "-f", type=PATH, multiple=True, metavar="PATH", help="Your flow logs, with --policies.")
@flag("--pod-cidr", multiple=True, metavar="CIDR", help="As of `auditor audit`.")
@flag(
    "--rate",
    default="100k",
    show_default=True,
    metavar="N/s",
    help="Flows a second to size for, such as 250k/s.",
)
@flag(
    "--out",
    type=click.Path(),
    default="capacity",
    show_default=True,
    metavar="DIR",
    help="Folder of the report.",
)
@flag("--force", is_flag=True, help="Replace a report that is in the folder.")
@flag("--inputs", type=click.Path(), metavar="DIR", help="Keep generated inputs here, and find them again.")
@flag(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="N",
    help="Of everything generated.",
)
@click.option(
    "--brokers",
    metavar="HOST:PORT[,...]",
    envvar="AUDITOR_BENCH_BROKERS",  # not the twin of the service's flag: nothing is to be made there unasked
    show_envvar=True,
    help="Measure messages from these brokers too, half a minute more: topics named auditor-bench-... are made there, "
    "filled and removed.",
)
@flag(
    "--kafka-properties",
    type=click.Path(),
    metavar="FILE",
    help="How to sign in there, as Kafka's own clients take it.",
)
@flag("--quiet", "-q", is_flag=True, help="No progress.")
@common
@click.pass_context
def bench(ctx: click.Context, /, **given: Any) -> None:  # noqa: ANN401  the flags above
    """Measure what the audit of a flow costs here, and say how many cores, how much memory a rate of flows needs.

    Without --policies, --inventory and --flows, a cluster and its traffic are generated. Rows are compared with the
    oracle before a speed is printed, and so is what others find who are measured on the same logs. DIR gets
    report.html, report.md, and every run of every figure in results.arrow and results.json. Ctrl-C keeps what was
    measured.

    \b
    Exit codes: 0 done; 2 wrong flags or input; 3 something could not be measured, or rows differ from the
    oracle: the report says what; 130 stopped.

    \b
    Example:
      auditor bench --quick --rate 250k/s
      auditor bench --policies policies/ --inventory cluster.json --flows logs/ --rate 250k/s --out capacity
      auditor bench --brokers localhost:9092 --out with-kafka
      auditor bench compare before/ after/
    """
    if ctx.invoked_subcommand is None:
        if ctx.get_parameter_source("brokers") is click.core.ParameterSource.DEFAULT_MAP:
            # A file of defaults names the brokers of the service: nothing is to be made on these unasked.
            given |= {"brokers": None}
        raise click.exceptions.Exit(_bench(given))


@bench.command(short_help="what got slower or faster between two reports")
@click.argument("before", type=click.Path())
@click.argument("after", type=click.Path())
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="Share of a difference that counts as none, beside the noise.",
)
def compare(before: str, after: str, least: float) -> None:
    """Compare the results in two folders (or two results files): what got slower or faster beyond the noise.

    \b
    Exit codes: 0 nothing got slower; 1 something did; 2 wrong flags or input.
    """
    from auditor.capacity.compare import compare as compare_results
    from auditor.capacity.compare import lines
    from auditor.capacity.results import Results

    found = compare_results(Results.read(Path(before)), Results.read(Path(after)), least)
    with printing():
        for line in lines(found):
            click.echo(harmless(line))
    raise click.exceptions.Exit(FOUND if found.is_slower else CLEAN)


def parse_rate(text: str) -> float:
    """Return the flows a second that ``--rate`` means.

    Raises
    ------
    ConfigError
        It is no rate.
    """
    found = _RATE.fullmatch(text.strip())
    rate = float(found["number"]) * _LETTERS[found["letter"]] if found else 0.0
    if not rate:
        raise ConfigError(f"expected flows a second such as `250k/s` for `--rate`, came `{text}`")
    return rate


def _bench(given: dict[str, Any]) -> int:
    if given["quick"] and given["full"]:
        raise ConfigError("expected one of `--quick` and `--full`, came both")
    rate, out = parse_rate(given["rate"]), Path(given["out"])
    own = [name for name in ("policies", "inventory", "flows") if given[name]]
    if own and len(own) < 3:  # noqa: PLR2004  all three or none
        missing = next(name for name in ("policies", "inventory", "flows") if name not in own)
        raise ConfigError(
            f"expected `--policies`, `--inventory` and `--flows` together, came no `--{missing}`"
        )
    if given["brokers"] is not None:
        from auditor.capacity.job_kafka import settings_for

        settings_for(
            given["brokers"], given["kafka_properties"], "any"
        )  # what is wrong with them is said now
    from auditor.capacity.running import perform, steps_of
    from auditor.capacity.writing import claim, write_reports

    with ExitStack() as stack, Stopping() as stopping:
        folder = given["inputs"] or stack.enter_context(tempfile.TemporaryDirectory(prefix="auditor-bench-"))
        claim(out, force=given["force"])
        made = _begun(given, Path(folder))
        code = CLEAN

        def look(at: Look) -> None:
            made.results.write(out)  # what was measured so far is there even if this process is killed
            if not given["quiet"]:
                _show(at)

        try:
            perform(made, steps_of(made), look)
        except KeyboardInterrupt:
            complain("stopped", f"by {stopping.asked or 'Ctrl-C'}; `{out}` holds what was measured")
            code = STOPPED
    made.results.facts["missing"] = made.failures
    texts = write_reports(out, made.results, rate)
    with printing():
        click.echo(texts, nl=False)
        click.echo(f"\nreport      {out}")
    for failure in made.failures:
        complain("incomplete", failure)
    return code or (INCOMPLETE if made.failures else CLEAN)


def _begun(given: dict[str, Any], folder: Path) -> Bench:
    from auditor.capacity.inputs import Made, own
    from auditor.capacity.machine import commit, load, machine
    from auditor.capacity.plan import FULL, QUICK, Bench
    from auditor.capacity.results import Results
    from auditor.capacity.running import command_text

    theirs = (
        own(given["policies"], given["inventory"], given["flows"], given["pod_cidr"])
        if given["policies"]
        else None
    )
    facts = {
        "version": VERSION,
        "commit": commit(),
        "machine": machine(),
        "load": load(),
        "mode": "full" if given["full"] else "quick",
        "seed": given["seed"],
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_text(["auditor", *sys.argv[1:]]),
        "inputs": theirs.words if theirs else f"generated with seed {given['seed']}",
    }
    extent = FULL if given["full"] else QUICK
    bench = Bench(
        extent, Made(folder, given["seed"], extent.connections), given["seed"], theirs, Results(facts)
    )
    bench.brokers, bench.kafka_properties = given["brokers"], given["kafka_properties"]
    return bench


def _show(look: Look) -> None:
    left = "" if look.left_s is None else f", about {look.left_s:.0f} s left"
    click.echo(f"{look.number}/{look.n_steps} {look.words} ({look.gone_s:.0f} s gone{left})", err=True)
