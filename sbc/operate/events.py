"""Every event that the border notes, and how grave it is in the log.

An event that is not here is counted as `other`: nothing that comes from outside may name a series.
"""

from collections.abc import Mapping
from typing import Literal

Level = Literal["info", "warning", "error"]

EVENTS: Mapping[str, Level] = {
    "call_ended": "info",
    "call_fault": "error",
    "certificate_expires": "warning",
    "certificate_loaded": "info",
    "certificate_refused": "error",
    "challenge_answered": "info",
    "challenge_refused": "warning",
    "challenged": "info",
    "connection_broken": "info",
    "connections_refused": "warning",
    "core_back": "info",
    "core_lost": "error",
    "dns_changed": "info",
    "dns_nothing": "warning",
    "dns_stale": "warning",
    "dtls_failed": "warning",
    "flow_lost": "info",
    "handshake_failed": "info",
    "invite_refused": "info",
    "key_not_played": "warning",
    "latched": "info",
    "loop": "warning",
    "malformed": "info",
    "media_dead": "warning",
    "media_released": "info",
    "message_refused": "info",
    "nat_life_found": "info",
    "one_way": "warning",
    "proxied": "info",
    "proxy_refused": "info",
    "publish_refused": "info",
    "quality_report": "info",
    "quality_report_refused": "info",
    "quality_report_stray": "info",
    "quality_report_unsent": "warning",
    "redirect_followed": "info",
    "replaced": "info",
    "register": "info",
    "register_refused": "info",
    "relay_lost": "error",
    "relay_up": "info",
    "subscribe_refused": "info",
    "refer_refused": "info",
    "subscribed": "info",
    "subscription_ended": "info",
    "sdes_over_plain": "warning",
    "storm": "info",
    "stream_bad": "warning",
    "stream_good": "info",
    "target_cools": "warning",
    "tcp_refused": "warning",
    "too_large_for_udp": "warning",
    "transfer_failed": "info",
    "transferred": "info",
    "trunk_register_failed": "warning",
    "trunk_registered": "info",
    "trunk_unregistered": "warning",
    "unknown_source": "info",
    "unregistered": "info",
    "users_read": "info",
    "users_refused": "error",
}


def level(event: str) -> Level:
    return EVENTS.get(event, "info")
