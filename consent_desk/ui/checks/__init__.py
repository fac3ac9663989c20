"""What is asked before a consent leaves, and corrections."""
