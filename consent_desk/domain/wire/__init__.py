"""What goes to Engagement, and what comes back: addresses, bodies, answers."""
