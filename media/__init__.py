"""The media side: SDP, the relay, its engines and its measurements."""
