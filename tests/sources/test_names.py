"""Patterns of names that come from elsewhere than a folder on this machine, read as a shell reads them."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest

from auditor.sources.names import pattern_of, split_pattern

PATHS = (
    *("a.log", "b.log", "ab.log", ".a.log", "x/a.log", "x/y/a.log", "x/y/z/b.log", "x/.y/a.log", ".x/a.log"),
    *("x/[1].log", "x/1.log", "x/-.log", "x/!.log", "x/a+b.log", "x/]"),
)
PATTERNS = (
    *(
        "*",
        "*.log",
        "?.log",
        "x/*",
        "x/*/*.log",
        "**",
        "**/*.log",
        "x/**/a.log",
        "**/y/*",
        "*/y/**",
        ".*",
        "**/.y/*",
    ),
    *(
        "x/[0-9].log",
        "x/[!0-9].log",
        "x/[a-]*",
        "x/[]]",
        "x/[[]1].log",
        "x/a+b*",
        "**/[ab].log",
        "x/[-].log",
        "[x",
    ),
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_pattern_of__matches_the_files_that_glob_finds(tmp_path, monkeypatch, pattern):
    """The standard library, asked of files that lie here, finds the same."""
    monkeypatch.chdir(tmp_path)
    for path in PATHS:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    matched = glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob has rules of its own
    expected = sorted(path for path in matched if Path(path).is_file())
    folder, parts = split_pattern(pattern)
    matcher = pattern_of(parts)
    prefix = f"{folder}/" if folder else ""
    found = [path for path in PATHS if path.startswith(prefix) and matcher.fullmatch(path[len(prefix) :])]
    assert sorted(found) == expected


def test_split_pattern__finds_the_folder_in_front():
    """Only what lies below the names without wildcards is listed."""
    assert split_pattern("a/b/c") == ("a/b/c", [])
    assert split_pattern("a/b*/c") == ("a", ["b*", "c"])
    assert split_pattern("*") == ("", ["*"])
