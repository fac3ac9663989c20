"""Saving proofs, and the pages that people read."""
