"""Taking a model into care, and showing that it is still there."""
