"""Kernels never fail and allocate no Python objects: they read arrays and write arrays and codes."""

from __future__ import annotations

import ast

import pytest

from tests.house.tree import modules, name_of, tree_of

DECORATORS = {"kernel", "lean_kernel", "stage", "lean_stage", "device"}
FORBIDDEN = {
    ast.Raise: "raise",
    ast.Assert: "assert",
    ast.Try: "try",
    ast.With: "with",
    ast.Dict: "dict",
    ast.Set: "set",
    ast.ListComp: "comprehension",
    ast.SetComp: "comprehension",
    ast.DictComp: "comprehension",
    ast.GeneratorExp: "comprehension",
    ast.Lambda: "lambda",
    ast.JoinedStr: "f-string",
    ast.Yield: "yield",
    ast.Global: "global",
}


def is_compiled(node: ast.AST) -> bool:
    """Return whether ``node`` defines a kernel, a stage or a device."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(mark, ast.Name) and mark.id in DECORATORS for mark in node.decorator_list
    )


def impurities(tree: ast.AST) -> list[str]:
    """Return what compiled functions of a module must not hold, and where."""
    found = []
    for function in filter(is_compiled, ast.walk(tree)):
        if ast.get_docstring(function) is None:
            found.append(f"{function.lineno} missing docstring")
        body = (node for statement in function.body for node in ast.walk(statement))
        found += [f"{node.lineno} {FORBIDDEN[type(node)]}" for node in body if type(node) in FORBIDDEN]
    return found


def test_kernels__exist_where_this_looks():
    """The pass below sees kernels, stages and devices at all."""
    assert any(is_compiled(node) for path in modules("kernels") for node in ast.walk(tree_of(path)))


@pytest.mark.parametrize("path", modules("kernels"), ids=name_of)
def test_kernels__are_pure(path):
    """A compiled function neither raises nor builds Python objects, and says what it does."""
    assert impurities(tree_of(path)) == []


@pytest.mark.parametrize("path", modules("kernels"), ids=name_of)
def test_kernels__catch_nothing(path):
    """Only the cache, its folder, its files and who fills it, may fail and go on."""
    has_try = any(isinstance(node, ast.Try) for node in ast.walk(tree_of(path)))
    assert not has_try or path.name in {"ahead.py", "cached.py", "jit.py"}


@pytest.mark.parametrize(
    "body", ["raise ValueError", "x = {}", "x = [y for y in z]", "x = f'{y}'", "assert x"]
)
def test_impurities__are_seen(body):
    """Each forbidden form is found inside a compiled function and left alone outside."""
    source = f"@device\ndef read():\n    '''Read.'''\n    {body}\n"
    assert len(impurities(ast.parse(source))) == 1
    assert impurities(ast.parse(source.replace("@device\n", ""))) == []
