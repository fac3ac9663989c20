"""Consent Desk: record what a person decided about a consent category in Bloomreach Engagement."""

__version__ = "0.1.0"
