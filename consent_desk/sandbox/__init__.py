"""A practice Engagement project on this machine: a loopback server that answers like the real one."""
