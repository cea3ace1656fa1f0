"""SRTP of a zone, a trunk or an access group: whether, by which keys, and over which signalling."""

from typing import Annotated, Literal

from pydantic import Field

from config.fields import Section

Keying = Literal["sdes", "dtls"]
Suite = Literal[
    "AES_CM_128_HMAC_SHA1_80",
    "AES_CM_128_HMAC_SHA1_32",
    "AES_256_CM_HMAC_SHA1_80",
    "AES_256_CM_HMAC_SHA1_32",
    "AEAD_AES_128_GCM",
    "AEAD_AES_256_GCM",
]


class Srtp(Section):
    """What it does not say, the level above says."""

    mode: Literal["none", "optional", "required", "pass"] = "none"
    """`optional`: offered beside plain RTP in one offer (RFC 8643), and taken if it is offered;
    `required`: there is no call without it; `pass`: two sides that both say so agree by DTLS with
    each other, and we carry what we cannot read (RFC 7879)."""
    keying: Annotated[tuple[Keying, ...], Field(min_length=1, max_length=2)] = ("sdes",)
    """In order of preference: keys in the descriptions (RFC 4568), or by DTLS (RFC 5764)."""
    suites: Annotated[tuple[Suite, ...], Field(min_length=1)] = (
        "AES_CM_128_HMAC_SHA1_80",
        "AEAD_AES_128_GCM",
        "AES_256_CM_HMAC_SHA1_80",
        "AEAD_AES_256_GCM",
        "AES_CM_128_HMAC_SHA1_32",
    )
    """Of SDES: those that are taken, and offered in this order."""
    sdes_over_plain: Literal["reject", "warn", "allow"] = "reject"
    """May keys stand in signalling that others can read: UDP or TCP without TLS?"""
