"""What becomes of a body of which type: rebuilt, where we understand it, or carried as it is where
the operator has listed a type that we do not."""

import re
from collections.abc import Callable, Mapping

from sbc.b2bua.body import summary
from sbc.b2bua.body.conference import CONFERENCES
from sbc.b2bua.body.dialogs import DIALOGS
from sbc.b2bua.body.lists import (
    REGISTRATIONS,
    RESOURCE_LISTS,
    RESOURCE_STATES,
    WATCHER_INFO,
    WRITING,
)
from sbc.b2bua.body.presence import PRESENCE
from sbc.b2bua.body.values import Translation
from sbc.sip.phrases import reason_phrase

SDP = "application/sdp"

# Possessive throughout: a hostile body must not make it try every way to cut the same digits up.
_DTMF = re.compile(
    rb"(?:[A-Za-z]{1,16}+ ?+= ?+[0-9A-Da-d*#!.]{1,32}+\s*+|[0-9A-D*#]{1,32}+\s*+){1,4}+"
)
_FAST_UPDATE = (
    b'<?xml version="1.0" encoding="utf-8"?>\r\n<media_control><vc_primitive><to_encoder>'
    b"<picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n"
)
_SIPFRAG = re.compile(rb"SIP/2\.0 ([1-6]\d\d)[ \r\n]")

Rebuild = Callable[[bytes, Translation], bytes | None]
"""The body as the other side may see it, our own address marked; None: it is not of that type."""


def _dtmf(body: bytes, _: Translation) -> bytes | None:
    return body if _DTMF.fullmatch(body) else None


def _picture_request(body: bytes, _: Translation) -> bytes | None:
    return _FAST_UPDATE if b"picture_fast_update" in body else None


def _sipfrag(body: bytes, _: Translation) -> bytes | None:
    """RFC 3515 §2.4.5 asks for the status line only; more would show the other side."""
    found = _SIPFRAG.match(body)
    if found is None:
        return None
    status = int(found[1])
    return f"SIP/2.0 {status} {reason_phrase(status)}\r\n".encode()


def _text(body: bytes, _: Translation) -> bytes | None:
    return body if b"\0" not in body else None


REBUILT: Mapping[str, Rebuild] = {
    "application/conference-info+xml": CONFERENCES.rebuild,
    "application/dialog-info+xml": DIALOGS.rebuild,
    "application/dtmf": _dtmf,
    "application/dtmf-relay": _dtmf,
    "application/im-iscomposing+xml": WRITING.rebuild,
    "application/media_control+xml": _picture_request,
    "application/pidf+xml": PRESENCE.rebuild,
    "application/reginfo+xml": REGISTRATIONS.rebuild,
    "application/resource-lists+xml": RESOURCE_LISTS.rebuild,
    "application/rlmi+xml": RESOURCE_STATES.rebuild,
    "application/simple-message-summary": summary.rebuild,
    "application/watcherinfo+xml": WATCHER_INFO.rebuild,
    "message/sipfrag": _sipfrag,
    "text/plain": _text,
}


def marks(kind: str) -> bool:
    """May a rebuilt body of this type hold marks? What is carried as it is has none of ours."""
    return kind in REBUILT and (
        kind.endswith("+xml") or kind == "application/simple-message-summary"
    )
