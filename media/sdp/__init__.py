"""Session descriptions (RFC 8866) as lossless lines, and the anchoring that rewrites them."""
