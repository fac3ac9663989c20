"""Calls over HTTP: the one place that knows requests."""
