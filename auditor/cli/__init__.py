"""The command line: one file a subcommand; the only place that prints or exits. Heavy imports stay inside commands."""
