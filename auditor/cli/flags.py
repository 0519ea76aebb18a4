"""Flags that several subcommands share; each has an environment twin and may stand in a TOML file."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from auditor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Function = TypeVar("Function", bound="Callable[..., Any]")


class PathList(click.ParamType[str]):
    """A path; several in an environment variable are separated as in PATH."""

    name = "path"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Return the paths of an environment variable."""
        return [path for path in rv.split(os.pathsep) if path]


PATH = PathList()


def flag(*names: str, **settings: Any) -> Callable[[Function], Function]:  # noqa: ANN401  click's own
    """Return a decorator that adds an option with its environment twin, shown in help."""
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    twin = "AUDITOR_" + long.removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=twin, show_envvar=True, **settings)


def _read_config(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    """Make a TOML file the defaults of this command: its top level, then the table of the command's name."""
    if not value:
        return
    try:
        content = tomllib.loads(Path(value).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"configuration `{value}` cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"expected TOML in `{value}`, came something else: {error}") from error
    own = content.get(str(ctx.info_name), {})
    if not isinstance(own, dict):
        raise ConfigError(f"expected a table `{ctx.info_name}` in `{value}`, came `{own}`")
    values = {**{key: each for key, each in content.items() if not isinstance(each, dict)}, **own}
    options = {each.name: each for each in ctx.command.params if isinstance(each, click.Option) and each.name}
    defaults: dict[str, Any] = {}
    for key, given in values.items():
        name = key.replace("-", "_")
        if name not in options:
            if key in own:
                near = difflib.get_close_matches(name, options, 1)
                hint = f"; did you mean `{near[0].replace('_', '-')}`?" if near else ""
                raise ConfigError(f"`{key}` in `{value}` is no flag of `auditor {ctx.info_name}`{hint}")
            continue
        defaults[name] = [given] if options[name].multiple and not isinstance(given, list) else given
    ctx.default_map = {**(ctx.default_map or {}), **defaults}


def common(function: Function) -> Function:
    """Add what every subcommand has."""
    function = click.option(
        "--debug", is_flag=True, expose_value=False, help="Show where a failure came from."
    )(function)
    return click.option(
        "--config",
        metavar="FILE",
        envvar="AUDITOR_CONFIG",
        is_eager=True,
        expose_value=False,
        callback=_read_config,
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
