"""Programs that run a model."""
