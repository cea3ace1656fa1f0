"""A call before a newcomer's eyes: two test phones, a NAT, and what happened."""
