"""The TOML file behind ``--config``: defaults of flags, by name, each checked where it is written."""

from __future__ import annotations

import difflib
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from auditor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def read_config(ctx: click.Context, _: click.Parameter, file: str | None) -> None:
    """Make a TOML file the defaults of a command: its top level, then the table of the command's name.

    Raises
    ------
    ConfigError
        The file cannot be read, or something in it is no flag, no subcommand or of another type.
    """
    if not file:
        return
    content = _content(file)
    command = str(ctx.info_name)
    commands = _commands(ctx)
    tables = {key: value for key, value in content.items() if isinstance(value, dict)}
    shared = {key: value for key, value in content.items() if key not in tables}
    for name in tables:
        if name not in commands:
            raise ConfigError(f"`[{name}]` in `{file}` is no subcommand of auditor{_hint(name, commands)}")
    known = {key for each in commands.values() for key in _shared_options(each)}
    _refuse_unknown(shared, known, f"in `{file}` is no flag of auditor")
    options = _options(commands[command])
    own = tables.get(command, {})
    _refuse_unknown(own, options, f"in `{file}` is no flag of `auditor {command}`")
    defaults: dict[str, Any] = {}
    for found, values in ((_shared_options(commands[command]), shared), (options, own)):
        for key, value in values.items():
            option = found.get(_flag_name(key))
            if option is not None:
                defaults[str(option.name)] = _fitting(option, value, f"`{key}` in `{file}`")
    ctx.default_map = {**(ctx.default_map or {}), **defaults}


def _content(file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"configuration `{file}` cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"expected TOML in `{file}`, came something else: {error}") from error


def _commands(ctx: click.Context) -> dict[str, click.Command]:
    """Return every subcommand by name, the one that reads the file among them."""
    own = {str(ctx.info_name): ctx.command}
    group = ctx.parent.command if ctx.parent is not None else None
    if ctx.parent is None or not isinstance(group, click.Group):
        return own
    found = {name: group.get_command(ctx.parent, name) for name in group.list_commands(ctx.parent)}
    return {name: command for name, command in found.items() if command is not None} | own


def _options(command: click.Command) -> dict[str, click.Option]:
    """Return the flags that the table of a command may set, by name."""
    options = [each for each in command.params if isinstance(each, click.Option) and each.expose_value]
    return {max(each.opts, key=len).removeprefix("--"): each for each in options}


def _shared_options(command: click.Command) -> dict[str, click.Option]:
    """Return the flags that the top level may set: those whose name means the same in every command."""
    return {name: each for name, each in _options(command).items() if each.name == name.replace("-", "_")}


def _flag_name(key: str) -> str:
    return key.replace("_", "-")


def _refuse_unknown(values: Mapping[str, Any], known: Iterable[str], what: str) -> None:
    names = list(known)
    for key in values:
        if _flag_name(key) not in names:
            raise ConfigError(f"`{key}` {what}{_hint(_flag_name(key), names)}")


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _fitting(option: click.Option, value: Any, place: str) -> Any:  # noqa: ANN401  values of TOML
    """Return a value as the flag takes it."""
    kind = option.type
    if option.is_flag:
        if isinstance(value, bool):
            return value
        raise ConfigError(f"expected `true` or `false` for {place}, came {_shown(value)}")
    if option.multiple:
        listed = value if isinstance(value, list) else [value]
        if all(isinstance(each, str) for each in listed):
            return listed
        raise ConfigError(f"expected text or a list of texts for {place}, came {_shown(value)}")
    if isinstance(kind, click.Choice):
        if value in kind.choices:
            return value
        choices = ", ".join(f"`{choice}`" for choice in kind.choices)
        raise ConfigError(f"expected one of {choices} for {place}, came {_shown(value)}")
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(kind, click.IntRange):
        if is_whole and kind.min is not None and kind.min <= value <= (kind.max or value):
            return value
        upper = f"from {kind.min} to {kind.max}" if kind.max else f"from {kind.min} on"
        raise ConfigError(f"expected a whole number {upper} for {place}, came {_shown(value)}")
    if isinstance(value, (str, date)) or is_whole:  # a time is a date, too
        return str(value)
    raise ConfigError(f"expected text for {place}, came {_shown(value)}")


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text if len(text) <= 80 else text[:80] + '...'}`"  # noqa: PLR2004  what fits a line
