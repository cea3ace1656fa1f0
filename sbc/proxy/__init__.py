"""The proxy roles beside the B2BUA (RFC 3261 §16): stateful and stateless, by route."""
