"""Meaning without Kubernetes: the model, and the plain evaluation that everything else must equal."""
