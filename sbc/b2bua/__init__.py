"""The back-to-back user agent: two legs, neutral call events between them."""
