"""What became of what was noted."""
