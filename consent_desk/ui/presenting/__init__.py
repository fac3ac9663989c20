"""Showing the program to others, with everything masked that names anybody."""
