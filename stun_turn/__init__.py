"""STUN and TURN. Empty until the server is built; the import contracts already hold its place."""
