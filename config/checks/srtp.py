"""SRTP: lists that name a thing once, and no trunk whose every call would be refused."""

from collections.abc import Iterator

from config.checks.trunks import targets
from config.effective import srtp_of
from config.model import Config, Srtp
from config.problems import Finding, Loc, quoted


def lists(config: Config) -> Iterator[Finding]:
    for loc, srtp in _blocks(config):
        for key in ("keying", "suites"):
            written: tuple[str, ...] = getattr(srtp, key)
            for index, value in enumerate(written):
                if value in written[:index]:
                    yield Finding((*loc, key, index), f"{quoted(value)} stands here twice")


def clear_signalling(config: Config) -> Iterator[Finding]:
    """RFC 4568 §8.3: whoever reads the signalling has the keys."""
    for loc, target, name in targets(config):
        trunk = config.trunks[name]
        zone = config.zones.get(trunk.zone)
        if zone is None or target.address is None or target.transport == "tls":
            continue
        srtp = srtp_of(zone, trunk.srtp)
        if (srtp.mode, srtp.keying, srtp.sdes_over_plain) == ("required", ("sdes",), "reject"):
            message = f"SRTP is required, and keys may not stand in {target.transport} signalling"
            hint = "write transport=tls, or `srtp: { sdes_over_plain: allow }`"
            yield Finding(loc, message, hint)


def _blocks(config: Config) -> Iterator[tuple[Loc, Srtp]]:
    for name, zone in config.zones.items():
        yield ("zones", name, "srtp"), zone.srtp
    for name, trunk in config.trunks.items():
        if trunk.srtp is not None:
            yield ("trunks", name, "srtp"), trunk.srtp
    for name, access in config.access.items():
        if access.srtp is not None:
            yield ("access", name, "srtp"), access.srtp
