"""Widgets that any room may use."""
