"""Text to validated documents to meaning: the policies of a cluster."""
