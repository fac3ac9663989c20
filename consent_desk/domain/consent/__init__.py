"""A consent: text is a draft, a consent is complete."""
