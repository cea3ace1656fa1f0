"""The signalling side: SIP, the back-to-back user agent, policy, routing, operations."""
