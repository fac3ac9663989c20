"""The outside world: network, keyring, files. Fits the services' protocols by shape."""
