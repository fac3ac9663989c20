"""This computer: its files, folders, clock, accounts and displays."""
