"""``auditor lint``: what is wrong with the policies, and what hardly does what its author meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.exits import CLEAN, FOUND, WRONG
from auditor.cli.flags import PATH, allow_unsupported, common, flag, policies
from auditor.cli.show import harmless, printing

if TYPE_CHECKING:
    from auditor.errors import Problem


@click.command(short_help="every problem in the policies, with file and line")
@policies(required=True)
@flag(
    "--inventory",
    "-i",
    type=PATH,
    multiple=True,
    metavar="PATH",
    help="Cluster the policies are for. Repeatable.",
)
@flag("--plugin", metavar="NAME", help="Network plugin: also say what it will not enforce as written.")
@allow_unsupported
@flag(
    "--output",
    "-o",
    type=click.Choice(("table", "wide", "json", "yaml")),
    default="table",
    show_default=True,
    help="How the problems are printed.",
)
@common
def lint(**given: Any) -> None:  # noqa: ANN401  the flags above
    """Check policies without any flow.

    Errors are what the API server refuses (exit code 2); warnings are what is valid and yet hardly meant: a policy
    that selects no pod, a peer that matches nothing, a named port that nothing declares (exit code 1).
    """
    from auditor.errors import InventoryError, PolicyError
    from auditor.ir.lint import lint as lint_policies
    from auditor.loading import load
    from auditor.policies.enforcement import find_unenforced
    from auditor.policies.plugins import find_plugin

    plugin = find_plugin(given["plugin"]) if given["plugin"] else None
    errors: tuple[Problem, ...] = ()
    warnings: list[Problem] = []
    n_policies = 0
    try:
        loaded = load(
            given["policies"],
            given["inventory"] or None,
            allow_unsupported=given["allow_unsupported"],
            pod_networks=None,
        )
    except (PolicyError, InventoryError) as error:
        errors = error.problems
    else:
        n_policies = len(loaded.policies.policies)
        warnings.extend(loaded.problems)
        warnings.extend(lint_policies(loaded.policies, loaded.inventory))
        if plugin is not None:
            warnings.extend(find_unenforced(plugin, loaded.documents, loaded.inventory))
    found = [("error", problem) for problem in errors] + [("warning", problem) for problem in warnings]
    with printing():
        _print(found, n_policies, given["output"], has_inventory=bool(given["inventory"]))
    raise click.exceptions.Exit(WRONG if errors else FOUND if warnings else CLEAN)


def _print(found: list[tuple[str, Problem]], n_policies: int, output: str, *, has_inventory: bool) -> None:
    if output in ("json", "yaml"):
        rows = [
            {
                "level": level,
                "message": problem.message,
                "file": problem.origin.file,
                "document": problem.origin.document,
                "line": problem.origin.line,
                "path": problem.origin.path,
            }
            for level, problem in found
        ]
        if output == "json":
            click.echo(json.dumps(rows, indent=2))
            return
        import yaml

        click.echo(yaml.safe_dump(rows, sort_keys=False, width=10_000), nl=False)
        return
    for level, problem in found:
        click.echo(harmless(f"{level}: {problem}"))
    n_errors = sum(level == "error" for level, _ in found)
    if n_errors:
        click.echo(f"{_count(n_errors, 'error')}: nothing was judged")
    else:
        click.echo(f"{_count(n_policies, 'policy', 'policies')}, {_count(len(found), 'warning')}")
        if not has_inventory:
            click.echo("selectors, namespaces and named ports were not checked: no --inventory")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
