"""SIP transactions (RFC 3261 §17) as tables."""
