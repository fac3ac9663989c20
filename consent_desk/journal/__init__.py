"""What was decided, and what became of it: one SQLite file, its chain, its copies."""
