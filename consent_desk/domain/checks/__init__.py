"""What is warned of, and what is asked, before a consent is noted."""
