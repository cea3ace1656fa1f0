"""Who is in a conference: conference-info (RFC 4575). Its sidebars and the SIP dialogs of its
endpoints (`call-info`) stay behind."""

from sbc.b2bua.body.schema import Rule, Schema, leaf
from sbc.b2bua.body.values import language, number, one_of, opaque, uri, when, words

CONFERENCE = "urn:ietf:params:xml:ns:conference-info"

_TEXT = leaf(words, lang=language)
_PART = one_of("full", "partial", "deleted")
_TRUTH = leaf(one_of("true", "false"))
_MEDIA = ("audio", "video", "text", "message", "application")
_JOINED = ("dialed-in", "dialed-out", "focus-owner")
_LEFT = ("departed", "booted", "failed", "busy")
_STATUS = (
    *("connected", "disconnected", "on-hold", "muted-via-focus", "pending", "alerting"),
    *("dialing-in", "dialing-out", "disconnecting"),
)


def _of(**children: Rule) -> dict[tuple[str, str], Rule]:
    return {(CONFERENCE, name.replace("_", "-")): rule for name, rule in children.items()}


_URIS = Rule(
    {"state": _PART},
    _of(
        entry=Rule(
            children=_of(
                uri=leaf(uri),
                display_text=_TEXT,
                purpose=leaf(one_of("participation", "streaming", "event", "recording")),
            )
        )
    ),
)
_INFO = Rule(children=_of(when=leaf(when), reason=_TEXT, by=leaf(uri)))
_ENDPOINT = Rule(
    {"entity": uri, "state": _PART},
    _of(
        display_text=_TEXT,
        referred=_INFO,
        status=leaf(one_of(*_STATUS)),
        joining_method=leaf(one_of(*_JOINED)),
        joining_info=_INFO,
        disconnection_method=leaf(one_of(*_LEFT)),
        disconnection_info=_INFO,
        media=Rule(
            {"id": opaque, "state": _PART},
            _of(
                display_text=_TEXT,
                type=leaf(one_of(*_MEDIA)),
                label=leaf(number),
                src_id=leaf(number),
                status=leaf(one_of("sendrecv", "sendonly", "recvonly", "inactive")),
            ),
        ),
    ),
)
_USER = Rule(
    {"entity": uri, "state": _PART},
    _of(
        display_text=_TEXT,
        roles=Rule(children=_of(entry=_TEXT)),
        languages=leaf(language),
        endpoint=_ENDPOINT,
    ),
)
CONFERENCES = Schema(
    (CONFERENCE, "conference-info"),
    Rule(
        {"entity": uri, "state": _PART, "version": number},
        _of(
            conference_description=Rule(
                {"state": _PART},
                _of(
                    display_text=_TEXT,
                    subject=_TEXT,
                    free_text=_TEXT,
                    conf_uris=_URIS,
                    maximum_user_count=leaf(number),
                ),
            ),
            conference_state=Rule(
                children=_of(user_count=leaf(number), active=_TRUTH, locked=_TRUTH)
            ),
            users=Rule({"state": _PART}, _of(user=_USER)),
        ),
    ),
)
