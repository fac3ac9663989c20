"""What surrounds the rooms of the window: status, notices, questions, waiting."""
