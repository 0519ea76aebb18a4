"""Pods, namespaces, nodes and services: who owned an address when."""
