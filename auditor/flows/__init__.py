"""Flow logs to flow batches: one decoder a log format, and the recognition of formats from bytes."""
