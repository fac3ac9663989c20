"""A journal in trouble, and its backups."""
