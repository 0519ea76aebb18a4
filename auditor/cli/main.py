"""The ``auditor`` command: subcommands found by name, imported when called, and failures turned into exit codes."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import NoReturn

import click

from auditor.about import VERSION
from auditor.cli.exits import BUG, STOPPED, WRONG
from auditor.cli.show import complain, first_problems
from auditor.errors import AuditorError, ProblemsError

COMMANDS = {
    "audit": "classify flow logs and write the report",
    "stream": "judge flows from Kafka, each exactly once",
    "report": "turn a report into one HTML page",
    "explain": "one connection: its verdict, and why",
    "lint": "every problem in the policies, with file and line",
    "verify": "prove that the Kafka service wrote every offset once",
    "compact": "merge the small files that the Kafka service wrote",
    "bench": "how many cores your traffic needs, measured on this machine",
    "demo": "write a small realistic cluster and flow logs, and audit them",
}
"""Subcommand to what it does; each is the function of that name in the module of that name."""


class Commands(click.Group):
    """Finds subcommands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a subcommand."""
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"auditor.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of subcommands from ``COMMANDS``: help imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="auditor")
def auditor() -> None:
    """Replay recorded flow logs against Kubernetes network policies.

    Says of every flow: allowed or violating, which rule decided, or why none did. Every flag can also be set in the
    environment as AUDITOR_<FLAG>, several paths there separated by `:`, or in a TOML file given with --config.

    \b
    Exit codes: 0 done and clean; 1 done, with findings; 2 wrong flags or input, nothing done;
    3 done but incomplete; 101 a bug; 130 stopped by Ctrl-C or SIGTERM.
    """


def run() -> NoReturn:
    """Run the command line and exit; the only place where expected failures end."""
    is_debug = "--debug" in sys.argv or os.environ.get("AUDITOR_DEBUG", "").lower() in ("1", "true", "yes")
    try:
        code = auditor.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = WRONG
    except click.ClickException as error:
        complain("error", _sentence(error))
        code = WRONG
    except AuditorError as error:
        if is_debug:
            traceback.print_exc()
        complain("error", first_problems(error) if isinstance(error, ProblemsError) else str(error))
        code = WRONG
    except (KeyboardInterrupt, click.Abort):
        complain("stopped", "by Ctrl-C")
        code = STOPPED
    except Exception as error:  # noqa: BLE001  the last resort: anything here is a bug, and says so
        if is_debug:
            traceback.print_exc()
        complain(
            "bug",
            f"{type(error).__name__}: {error}; this should not happen, run again with --debug to see where",
        )
        code = BUG
    sys.exit(code or 0)


def _sentence(error: click.ClickException) -> str:
    """Return what is wrong with the flags in one line, and where they are listed."""
    sentence = " ".join(error.format_message().split()).rstrip(".")
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{sentence}; `{error.ctx.command_path} --help` lists what there is"
    return sentence
