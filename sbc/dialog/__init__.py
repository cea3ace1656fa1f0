"""SIP dialogs (RFC 3261 §12) and offer/answer (RFC 3264)."""
