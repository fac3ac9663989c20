"""The call in hand."""
