"""Engines: each carries the same flow table."""
