"""Which calls somebody has: dialog-info (RFC 4235), with the additions for shared lines (RFC 7463).

Its dialog identifiers are those of one side. Of a call of ours the other side gets its own, so that
it can name that call in a Replaces (S9); of any other it gets made up ones.
"""

from sbc.b2bua.body.schema import Rule, Schema, leaf
from sbc.b2bua.body.values import Translation, number, one_of, opaque, uri, words
from sbc.b2bua.body.xml import Element

INFO = "urn:ietf:params:xml:ns:dialog-info"
SHARED = "urn:ietf:params:xml:ns:sa-dialog-info"

_NAMES = ("call-id", "local-tag", "remote-tag")
_YES_NO = one_of("yes", "no", "true", "false", "unknown")


def _translated(came: Element, made: Element, translation: Translation) -> None:
    call_id, local, remote = (came.get(name) for name in _NAMES)
    if not call_id:
        return
    named = (call_id, local or "", remote or "")
    known = translation.find(named) or [translation.opaque(text) for text in named]
    for name, text in zip(_NAMES, known, strict=True):
        if came.get(name):
            made.attributes["", name] = text


_OTHER = Rule(rework=_translated)
_PARAMETER = Rule(
    {
        "pname": one_of("+sip.rendering", "+sip.byeless", "+sip.automata", "isfocus"),
        "pval": _YES_NO,
    }
)
_TARGET = Rule({"uri": uri}, {(INFO, "param"): _PARAMETER})
_END = Rule(
    children={
        (INFO, "identity"): leaf(uri, display=words),
        (INFO, "target"): _TARGET,
    }
)
_EVENTS = ("cancelled", "rejected", "replaced", "local-bye", "remote-bye", "error", "timeout")
_STATE = leaf(
    one_of("trying", "proceeding", "early", "confirmed", "terminated"),
    event=one_of(*_EVENTS),
    code=number,
)
_DIALOG = Rule(
    attributes={"id": opaque, "direction": one_of("initiator", "recipient")},
    children={
        (INFO, "state"): _STATE,
        (INFO, "duration"): leaf(number),
        (INFO, "replaces"): _OTHER,
        (INFO, "referred-by"): leaf(uri, display=words),
        (INFO, "local"): _END,
        (INFO, "remote"): _END,
        (SHARED, "appearance"): leaf(number),
        (SHARED, "exclusive"): leaf(_YES_NO),
        (SHARED, "joined-dialog"): _OTHER,
        (SHARED, "replaced-dialog"): _OTHER,
    },
    rework=_translated,
)

DIALOGS = Schema(
    (INFO, "dialog-info"),
    Rule(
        attributes={"version": number, "state": one_of("full", "partial"), "entity": uri},
        children={(INFO, "dialog"): _DIALOG},
    ),
    {SHARED: "sa"},
)
