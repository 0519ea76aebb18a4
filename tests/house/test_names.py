"""One word an idea, and none of the words that name nothing."""

from __future__ import annotations

import ast

from tests.house.tree import modules, name_of, tree_of, words_of

ONE = {"data", "info", "manager", "handler", "helper", "util", "process", "item", "tmp"}
BANNED = frozenset(ONE | {f"{word}s" for word in ONE})
# The decompressor protocol and the servers of the standard library are spelled by others.
NOT_OURS = {"unused_data", "process_request"}
FOLDERS = ("auditor", "kernels", "bench", "data")
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def test_words_of__splits_both_cases():
    """Both spellings fall into the same words."""
    assert words_of("FlowBatchInfo") == words_of("flow_batch_info") == {"flow", "batch", "info"}


def test_modules__have_no_banned_word_in_their_name():
    """A module named after nothing would collect everything."""
    assert [name_of(path) for path in modules(*FOLDERS) if words_of(path.stem) & BANNED] == []


def test_definitions__have_no_banned_word_in_their_name():
    """Functions and classes say what they are."""
    found = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in modules(*FOLDERS)
        for node in ast.walk(tree_of(path))
        if isinstance(node, NAMED) and words_of(node.name) & BANNED and node.name not in NOT_OURS
    ]
    assert found == []
