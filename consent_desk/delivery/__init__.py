"""How what was noted gets to Engagement, and how it is known that it did."""
