"""Lists of promises as they are published: a YAML file each, never changed after a check."""
