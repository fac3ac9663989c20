"""What proves a consent to others: made, checked, compared, kept in files."""
