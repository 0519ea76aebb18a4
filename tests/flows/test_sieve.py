"""Rows are sorted out once, for the first reason."""

from __future__ import annotations

import numpy as np

from auditor.flows.schema import Account
from auditor.flows.sieve import Sieve, compress


def mask(n, *places):
    """Return a mask of length n that is true at ``places``."""
    found = np.zeros(n, np.bool_)
    found[list(places)] = True
    return found


def test_sieve__counts_each_row_once():
    """A row that was sorted out does not count again; the account adds up."""
    account = Account(n_rows=10)
    sieve = Sieve(account, np.arange(101, 111))
    sieve.skip("header", mask(10, 0))
    sieve.reject("short", mask(10, 0, 1, 2))
    sieve.reject("odd", mask(10, 2, 3))
    sieve.skip("NODATA", mask(10, 3, 9))
    sieve.reject("never", mask(10))
    assert account.skipped == {"header": 1, "NODATA": 1}
    assert {reason: (entry.count, entry.rows) for reason, entry in account.rejected.items()} == {
        "short": (2, [102, 103]),
        "odd": (1, [104]),
    }
    assert sieve.kept().tolist() == [4, 5, 6, 7, 8]
    assert sieve.living(mask(10, 0, 4)).tolist() == mask(10, 4).tolist()


def test_sieve__keeps_the_first_positions():
    """Of many rejected rows the first five are named, all are counted."""
    account = Account(n_rows=9)
    Sieve(account, np.arange(1, 10)).reject("bad", mask(9, *range(1, 9)))
    assert (account.rejected["bad"].count, account.rejected["bad"].rows) == (8, [2, 3, 4, 5, 6])


def test_sieve__copies_nothing_if_all_pass():
    """Where no row is sorted out a column is handed on as it is."""
    sieve = Sieve(Account(), np.arange(3))
    sieve.reject("bad", mask(3))
    column = np.arange(3)
    assert sieve.kept() is None
    assert compress(column, None) is column
    assert compress(column, np.array([2])).tolist() == [2]
