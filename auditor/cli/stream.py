"""``auditor stream``: the Kafka service."""

from __future__ import annotations

import os
import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.exits import CLEAN, INCOMPLETE, STOPPED
from auditor.cli.flags import cluster, common, flag, json_fields, replies, rows, vpc_format
from auditor.cli.show import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.service.start import Start

_KAFKA = (
    "brokers",
    "topic",
    "group",
    "partitions",
    "group_instance_id",
    "client_id",
    "client_rack",
    "security_protocol",
    "tls_ca",
    "tls_certificate",
    "tls_key",
    "sasl_mechanism",
    "sasl_user",
    "sasl_password_file",
    "sasl_token_file",
)
"""Flags that say what to read, from where and as whom."""


_ASSIGNMENT = re.compile(r"group|static(?::(?P<share>[0-9]{1,6}/[0-9]{1,6}))?")


@click.command(short_help="judge flows from Kafka, each exactly once")
@cluster
@flag("--allow-empty-policies", is_flag=True, help="Go on without any policy: everything is allowed then.")
@flag(
    "--brokers",
    metavar="HOST:PORT[,...]",
    help="Some brokers of the cluster; the others are found through them.",
)
@flag("--topic", metavar="NAME[,...]", help="Topics to read.")
@flag(
    "--group",
    metavar="NAME",
    help="Consumer group: divides partitions among members, keeps what was committed.",
)
@flag(
    "--assignment",
    default="group",
    show_default=True,
    metavar="group|static|static:I/N",
    help="Who gives partitions to this member: the group; --partitions; or every Nth is its own, from the Ith on.",
)
@flag("--partitions", metavar="0-3,7", help="Partitions of this member, with --assignment static.")
@flag(
    "--group-instance-id", metavar="NAME", help="Name of a static member: it may restart without a rebalance."
)
@flag("--client-id", metavar="NAME", help="What logs and quotas of brokers call this program.")
@flag("--client-rack", metavar="NAME", help="Where this runs, to read from the nearest replica.")
@flag(
    "--kafka-properties", type=click.Path(), metavar="FILE", help="Settings as Kafka's own clients take them."
)
@flag("--security-protocol", metavar="NAME", help="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.")
@flag(
    "--tls-ca",
    type=click.Path(),
    metavar="FILE",
    help="Certificates to trust, PEM; those of the system by default.",
)
@flag("--tls-certificate", type=click.Path(), metavar="FILE", help="Certificate of this client, PEM.")
@flag("--tls-key", type=click.Path(), metavar="FILE", help="Its key, PEM; AUDITOR_TLS_KEY_PASSWORD opens it.")
@flag("--sasl-mechanism", metavar="NAME", help="PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.")
@flag("--sasl-user", metavar="NAME", help="User; the password comes from AUDITOR_SASL_PASSWORD or a file.")
@flag("--sasl-password-file", type=click.Path(), metavar="FILE", help="File that holds the password.")
@flag(
    "--sasl-token-file",
    type=click.Path(),
    metavar="FILE",
    help="File that holds a token, read at each sign-in.",
)
@flag(
    "--out", type=str, required=True, metavar="DIR", help="Folder of the segments, or URL of an object store."
)
@flag(
    "--format",
    type=click.Choice(("hubble-json", "vpc-text", "generic-arrow", "generic-json")),
    help="Format of messages without a header auditor.format; recognised from the bytes by default.",
)
@vpc_format
@json_fields
@rows
@replies
@flag(
    "--from",
    "start",
    type=click.Choice(("earliest", "latest")),
    default="earliest",
    show_default=True,
    help="Where a partition begins that neither DIR nor the group knows.",
)
@flag("--until-end", is_flag=True, help="Stop where the logs ended at the start, instead of going on.")
@flag(
    "--on-state-mismatch",
    type=click.Choice(("fail", "chain", "committed")),
    default="fail",
    show_default=True,
    help="Where the group was told of more than DIR holds: stop, judge again from DIR's end, or leave a gap.",
)
@flag(
    "--roll-rows", type=click.IntRange(1), default=262_144, show_default=True, help="Rows that end a segment."
)
@flag(
    "--roll-bytes",
    type=click.IntRange(1),
    default=1 << 30,
    show_default=True,
    help="Bytes of messages that do.",
)
@flag("--roll-seconds", type=click.IntRange(1), default=60, show_default=True, help="Seconds that do.")
@flag(
    "--grace-seconds",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Time to write what is complete once asked to stop; stay below terminationGracePeriodSeconds.",
)
@flag(
    "--reload-seconds",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Between looks at the policies.",
)
@flag(
    "--threads",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Threads that judge; the processors by default.",
)
@flag(
    "--http-address", metavar="HOST:PORT", help="Answer /livez /readyz /startupz /metrics /debug/state here."
)
@flag(
    "--log-format",
    type=click.Choice(("auto", "json", "text")),
    default="auto",
    show_default=True,
    help="Lines on standard error: text on a terminal, JSON elsewhere.",
)
@common
def stream(**given: Any) -> None:  # noqa: ANN401  the flags above
    """Judge flows from Kafka against network policies, each exactly once.

    Messages may be Hubble events, VPC flow-log lines, either of them wrapped by a log shipper or by CloudWatch Logs, or
    Arrow IPC streams. Segments tile every partition without gap or overlap, whatever dies: `auditor verify DIR` proves
    it, `auditor compact DIR` merges small files. Policies and inventory are looked at every few seconds.

    \b
    Example:
      auditor stream --policies policies/ --inventory cluster.json --brokers localhost:9092 \\
        --topic flows --group auditor --out segments

    \b
    Exit codes: 0 stopped by SIGTERM or at the end; 2 wrong flags or input, or a broker that does not answer;
    3 stopped, and records are missing since retention was faster, or are read again at the next start since they could
    not be written;
    130 stopped by Ctrl-C.
    """
    from auditor.service.logs import configure
    from auditor.service.member import UnwrittenError
    from auditor.service.start import serve

    configure(given["log_format"])
    start = _start(given)
    signals = _Signals()
    try:
        with signals.taken():
            gaps = serve(start, signals.tell)
    except UnwrittenError as error:
        complain("error", str(error))
        raise click.exceptions.Exit(INCOMPLETE) from error
    except KeyboardInterrupt as error:
        if signals.asked != signal.SIGTERM:
            raise
        raise click.exceptions.Exit(CLEAN) from error
    for gap in gaps:
        complain("missing", f"offsets {gap.start} to {gap.end - 1} of {gap.partition}: {gap.reason}")
    code = STOPPED if signals.asked == signal.SIGINT else INCOMPLETE if gaps else CLEAN
    raise click.exceptions.Exit(code)


class _Signals:
    """Ctrl-C and SIGTERM: the first asks to stop, the second ends the program at once."""

    def __init__(self) -> None:
        self.asked: int | None = None
        self._stop: Callable[[], None] | None = None

    def tell(self, stop: Callable[[], None]) -> None:
        """Take what asks the member to stop."""
        self._stop = stop
        if self.asked is not None:
            stop()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Listen while the block runs."""
        former = {number: signal.signal(number, self._take) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _take(self, number: int, _: object) -> None:
        if self.asked is not None:
            # Nothing may be published any more, so nothing is unwound.
            os._exit(STOPPED)
        self.asked = number
        if self._stop is None:
            # Nothing has been read yet, so there is nothing to publish.
            raise KeyboardInterrupt
        self._stop()


def _start(given: dict[str, Any]) -> Start:
    """Return what the flags describe."""
    from auditor.config import default_threads
    from auditor.errors import ConfigError
    from auditor.flows.messages_options import MessageOptions
    from auditor.ir.model import Switches
    from auditor.service.options import StreamOptions
    from auditor.service.sources import Sources
    from auditor.service.start import Start
    from auditor.sources.kafka_properties import read_settings

    found = _ASSIGNMENT.fullmatch(given["assignment"])
    if found is None:
        raise ConfigError(
            f"--assignment expects `group`, `static` or `static:I/N`, got `{given['assignment']}`"
        )
    if (found[0] == "static") != (given["partitions"] is not None):
        raise ConfigError("expected `--partitions` with `--assignment static`, and only then")
    flags = {name: given[name] for name in _KAFKA} | {"share": found["share"]}
    return Start(
        sources=Sources(
            policies=given["policies"],
            inventory=given["inventory"],
            switches=Switches(given["own_node"], given["other_protocols"]),
            allow_unsupported=given["allow_unsupported"],
            pod_networks=given["pod_cidr"],
            allow_empty=given["allow_empty_policies"],
        ),
        kafka=read_settings(flags, os.environ, given["kafka_properties"]),
        out=given["out"],
        options=StreamOptions(
            rows=given["rows"],
            replies=given["replies"],
            start=given["start"],
            on_state_mismatch=given["on_state_mismatch"],
            roll_rows=given["roll_rows"],
            roll_bytes=given["roll_bytes"],
            roll_s=given["roll_seconds"],
            grace_s=given["grace_seconds"],
            threads=given["threads"] or default_threads(),
            is_ending=given["until_end"],
            messages=MessageOptions(
                format=given["format"], vpc_format=given["vpc_format"], json_fields=given["json_fields"]
            ),
        ),
        http_address=given["http_address"],
        reload_s=given["reload_seconds"],
    )
