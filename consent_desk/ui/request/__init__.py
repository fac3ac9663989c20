"""The URL, headers and body that will be sent."""
