"""Which trunk a call came from, and where it goes."""
