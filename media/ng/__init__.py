"""The NG door of the relay: rtpengine's control protocol, for SIP proxies that speak it."""
