"""How far a consent has come, what follows, and how that is told."""
