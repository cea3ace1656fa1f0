"""Configuration: the typed model of the YAML file, its loader and its checks."""
