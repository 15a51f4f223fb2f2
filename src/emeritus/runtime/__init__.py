"""What it is to run a model: the ports, the modes, the fingerprint."""
