"""Lists of people and of what they do: resource-lists (RFC 4826), rlmi (RFC 4662), reginfo
(RFC 3680), watcherinfo (RFC 3858), and whether somebody is writing (RFC 3994)."""

from sbc.b2bua.body.schema import Rule, Schema, leaf
from sbc.b2bua.body.values import (
    content_id,
    decimal,
    language,
    number,
    one_of,
    opaque,
    uri,
    when,
    words,
)
from sbc.b2bua.body.xml import Name
from sbc.sip.event import PACKAGES, REASONS

LISTS = "urn:ietf:params:xml:ns:resource-lists"
RLMI = "urn:ietf:params:xml:ns:rlmi"
REGINFO = "urn:ietf:params:xml:ns:reginfo"
WATCHERS = "urn:ietf:params:xml:ns:watcherinfo"
COMPOSING = "urn:ietf:params:xml:ns:im-iscomposing"

_NAME = leaf(words, lang=language)
_FULL = one_of("full", "partial")

# --- resource-lists -------------------------------------------------------------------------------

_ENTRIES: dict[Name, Rule] = {
    (LISTS, "display-name"): _NAME,
    (LISTS, "entry"): Rule({"uri": uri}, {(LISTS, "display-name"): _NAME}),
}
_LIST = Rule({"name": words}, _ENTRIES)
_ENTRIES[LISTS, "list"] = _LIST
RESOURCE_LISTS = Schema((LISTS, "resource-lists"), Rule(children={(LISTS, "list"): _LIST}))

# --- rlmi -----------------------------------------------------------------------------------------

_INSTANCE = Rule(
    {
        "id": opaque,
        "state": one_of("active", "pending", "terminated"),
        "reason": one_of(*REASONS),
        "cid": content_id,
    }
)
_RESOURCE = Rule({"uri": uri}, {(RLMI, "name"): _NAME, (RLMI, "instance"): _INSTANCE})
RESOURCE_STATES = Schema(
    (RLMI, "list"),
    Rule(
        {
            "uri": uri,
            "version": number,
            "fullState": one_of("true", "false"),
            "cid": content_id,
        },
        {(RLMI, "name"): _NAME, (RLMI, "resource"): _RESOURCE},
    ),
)

# --- reginfo --------------------------------------------------------------------------------------

_REGISTERED = (
    *("registered", "created", "refreshed", "shortened", "expired", "deactivated", "probation"),
    *("unregistered", "rejected"),
)
_CONTACT = Rule(
    {
        "id": opaque,
        "state": one_of("active", "terminated"),
        "event": one_of(*_REGISTERED),
        "duration-registered": number,
        "expires": number,
        "retry-after": number,
        "q": decimal,
        "callid": opaque,
        "cseq": number,
    },
    {(REGINFO, "uri"): leaf(uri), (REGINFO, "display-name"): _NAME},
)
_REGISTRATION = Rule(
    {"aor": uri, "id": opaque, "state": one_of("init", "active", "terminated")},
    {(REGINFO, "contact"): _CONTACT},
)
REGISTRATIONS = Schema(
    (REGINFO, "reginfo"),
    Rule({"version": number, "state": _FULL}, {(REGINFO, "registration"): _REGISTRATION}),
)

# --- watcherinfo ----------------------------------------------------------------------------------

_WATCHER = leaf(
    uri,
    id=opaque,
    status=one_of("pending", "active", "waiting", "terminated"),
    event=one_of("subscribe", "approved", *REASONS),
    expiration=number,
    lang=language,
    **{"duration-subscribed": number, "display-name": words},
)
_WATCHED = Rule({"resource": uri, "package": one_of(*PACKAGES)}, {(WATCHERS, "watcher"): _WATCHER})
WATCHER_INFO = Schema(
    (WATCHERS, "watcherinfo"),
    Rule({"version": number, "state": _FULL}, {(WATCHERS, "watcher-list"): _WATCHED}),
)

# --- whether somebody is writing ------------------------------------------------------------------

WRITING = Schema(
    (COMPOSING, "isComposing"),
    Rule(
        children={
            (COMPOSING, "state"): leaf(one_of("idle", "active")),
            (COMPOSING, "lastactive"): leaf(when),
            (COMPOSING, "contenttype"): leaf(one_of("text/plain", "text/html", "audio", "video")),
            (COMPOSING, "refresh"): leaf(number),
        }
    ),
)
