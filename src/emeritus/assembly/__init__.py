"""Settings become objects: the one place that chooses engines and wires them."""
