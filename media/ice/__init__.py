"""ICE on our own media ports (RFC 8445): lite towards full peers, full where the peer is lite or we
offer. Pure: datagrams and time in, datagrams out."""
