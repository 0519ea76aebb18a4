"""Flags that several subcommands share; each has an environment twin and may stand in a TOML file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from auditor.cli.configuration import read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Function = TypeVar("Function", bound="Callable[..., Any]")


class PathList(click.ParamType[str]):
    """A path; several in an environment variable are separated as in PATH."""

    name = "path"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Return the paths of an environment variable."""
        # The colon of a URL separates nothing.
        return [path for path in re.split(rf"{re.escape(os.pathsep)}(?!//)", rv) if path]


PATH = PathList()


def flag(*names: str, **settings: Any) -> Callable[[Function], Function]:  # noqa: ANN401  click's own
    """Return a decorator that adds an option with its environment twin, shown in help."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    twin = "AUDITOR_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=twin, show_envvar=True, **settings)


def common(function: Function) -> Function:
    """Add what every subcommand has."""
    function = click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        envvar="AUDITOR_DEBUG",
        show_envvar=True,
        help="Show where a failure came from.",
    )(function)
    return click.option(
        "--config",
        metavar="FILE",
        envvar="AUDITOR_CONFIG",
        show_envvar=True,
        is_eager=True,
        expose_value=False,
        callback=read_config,
        help="TOML file with defaults: flags by name, or a table for this command.",
    )(function)


def cluster(function: Function) -> Function:
    """Add policies, inventory, and how both are read."""
    for decorate in reversed(
        (
            policies(required=True),
            flag(
                "--inventory",
                "-i",
                type=PATH,
                multiple=True,
                required=True,
                metavar="PATH",
                help="What `kubectl get pods,namespaces,nodes,services,endpointslices -A -o json` prints. Repeatable.",
            ),
            flag(
                "--pod-cidr",
                multiple=True,
                metavar="CIDR",
                help="Addresses the cluster gives to pods, beside those its nodes name. Repeatable.",
            ),
            allow_unsupported,
            flag(
                "--own-node",
                type=click.Choice(("allow", "judge")),
                default="allow",
                show_default=True,
                help="Traffic from a pod's own node: always let in as the API says, or judged like any address.",
            ),
            flag(
                "--other-protocols",
                type=click.Choice(("strict", "ignore")),
                default="strict",
                show_default=True,
                help="ICMP and all but TCP, UDP, SCTP: matched by rules without ports only, or by no policy.",
            ),
        )
    ):
        function = decorate(function)
    return function


def policies(*, required: bool) -> Callable[[Function], Function]:
    """Return a decorator that adds ``--policies``."""
    return flag(
        "--policies",
        "-p",
        type=PATH,
        multiple=True,
        required=required,
        metavar="PATH",
        help="Manifests: files, folders, patterns, or - for standard input. Repeatable.",
    )


allow_unsupported = flag(
    "--allow-unsupported",
    is_flag=True,
    help="Go on with policies of kinds that are not judged: what they could touch is UNKNOWN.",
)

rows = flag(
    "--rows",
    type=click.Choice(("violations", "all")),
    default="violations",
    show_default=True,
    help="Write a row for VIOLATION, MISDROPPED and UNDECIDED, or for every flow.",
)

replies = flag(
    "--replies",
    type=click.Choice(("infer", "as-recorded")),
    default="infer",
    show_default=True,
    help="Find out which end opened, or take the source of every record for it.",
)

vpc_format = flag(
    "--vpc-format", metavar="FIELDS", help="Fields of VPC text without a header, as AWS writes the format."
)

json_fields = flag(
    "--json-fields",
    metavar="NAME=PATH,...",
    help="Where the values of a flow stand in generic JSON, such as src_ip=source.ip; under the report's names by "
    "default.",
)
