"""The capacity report: what the audit of a flow costs on this machine, and how many cores some traffic needs.

::

    plan -> a step each: stages, growth, audits, messages, peers -> Figures -> Results -> sizing -> page, compare
            child processes, interleaved, checked with the oracle    raw runs   Arrow and JSON

A figure keeps every run it was made of, so that whatever a report says can be computed again from the results file.
What was not measured is a figure too: one without runs, that says why.
"""
