"""What outlives the process: small stores, each behind its own interface."""
