"""Which models exist: their names, identities and states."""
