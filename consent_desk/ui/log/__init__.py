"""The response log: the whole journal, searched and acted upon."""
