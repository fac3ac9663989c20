"""The projects of this computer: their settings, their keys, their wordings."""
