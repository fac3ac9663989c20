"""What proves a consent."""
