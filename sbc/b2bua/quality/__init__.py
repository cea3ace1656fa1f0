"""Reports of voice quality between SIP ends (RFC 6035): those of phones, and our own."""
