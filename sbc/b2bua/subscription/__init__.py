"""Subscriptions and publications through the border (RFC 6665, RFC 3903)."""
