"""Puts the program together and starts its window: the one place that knows every concrete class."""
