"""Locating SIP servers (RFC 3263): from the host of a URI to transports, addresses and ports."""
