"""The project in use, and its settings."""
