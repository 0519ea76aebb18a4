"""Flow batches to verdict batches: who opened, what the tables say, and how that compares with what was observed."""
