"""What lies between us and a phone: how long its NAT remembers it, and of what kind that is."""
