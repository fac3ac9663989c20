"""What can be done on a terminal."""
