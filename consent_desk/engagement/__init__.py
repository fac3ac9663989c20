"""What Engagement is asked, and what is made of its answers."""
