"""Keys of a telephone (DTMF) in their three forms: RFC 4733 events, SIP INFO, tones in G.711."""
