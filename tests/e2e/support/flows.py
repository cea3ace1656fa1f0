"""Call flows for SIPp, written as ladders: each party's side is a few lines, from which its
scenario is made.

    > INVITE sdp            sends a request, or a response (`> 180`); sdp, sdp=sendonly, sdp=moved
    < 200                   waits for one; `?regexp` must be found in it
    2> INVITE carol         dialog 2, to the party of that name
    ~ 300                   lets so many milliseconds go by
    > REFER +Refer-To: ...  a header field; {carol} is her number, {border} where we call from here,
                            {call-id:2}, {mine:2}, {theirs:2} name a dialog

A party may be in several dialogs that it began, beside one that it was called in: their Call-IDs
differ by what SIPp leaves out of account (everything before `///`).
"""

import re
from dataclasses import dataclass, field
from html import escape

_STEP = re.compile(r"(\d?)([<>~])\s*(\S+)\s*(.*)")
_MACRO = re.compile(r"\{([a-z-]+)(?::(\d))?\}")
_PHRASES = {"100": "Trying", "180": "Ringing", "200": "OK", "202": "Accepted", "302": "Moved"}

SDP = """\
v=0
o=party 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 {address}
t=0 0
m=audio {port} RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000"""


_DIALOGUE = {"INVITE", "SUBSCRIBE", "REFER"}
"""Methods that begin a dialog."""


@dataclass
class _Dialog:
    name: str
    me: str
    border: str
    """Our number, and where we call."""
    peer: str = ""
    """Their number."""
    ours: bool = True
    """We began it."""
    known: bool = False
    """The other side's tag was heard."""
    answered: bool = False
    begun: bool = False
    cseq: int = 0
    invited_as: tuple[int, str, str] = (0, "", "")
    """CSeq, Request-URI and To of our last INVITE."""
    asked: str = ""
    """Their last request."""

    @property
    def call_id(self) -> str:
        return "[call_id]" if self.name == "1" else f"{self.name}///[call_id]"

    @property
    def mine(self) -> str:
        return f"{'c' if self.ours else 'u'}{self.name}x[pid]x[call_number]"

    @property
    def local(self) -> str:
        if self.ours:
            return f"<sip:{self.me}@[local_ip]>;tag={self.mine}"
        return f"[$to{self.name}];tag={self.mine}"

    @property
    def remote(self) -> str:
        if not self.ours:
            return f"[$from{self.name}]"
        return f"[$to{self.name}]" if self.known else f"<sip:{self.peer}@{self.border}>"

    @property
    def target(self) -> str:
        return f"[$uri{self.name}]" if self.known else f"sip:{self.peer}@{self.border}"


@dataclass
class _Writer:
    me: str
    border: str
    numbers: dict[str, str]
    dialogs: dict[str, _Dialog] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)
    version: int = 0
    lines: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        found = _STEP.fullmatch(text.strip())
        assert found is not None, f"no step: {text!r}"
        name, direction, what, rest = found.groups()
        name = name or "1"
        dialog = self.dialogs.setdefault(name, _Dialog(name, self.me, self.border))
        if direction == "~":
            self.lines.append(f'<pause milliseconds="{what}"/>')
        elif direction == "<":
            self._receive(dialog, what, rest)
        elif what.isdigit():
            self._respond(dialog, what, rest)
        else:
            self._request(dialog, what, rest)

    # --- receiving ---

    def _receive(self, dialog: _Dialog, what: str, rest: str) -> None:
        actions = [self._ereg(self._filled(rest[1:]), "found")] if rest else []
        if what.isdigit():
            actions += self._heard(dialog, what)
            self.lines.append(_element("recv", f'response="{what}"', actions))
            return
        dialog.asked = what
        if what in _DIALOGUE:
            actions += self._asked(dialog)
        self.lines.append(_element("recv", f'request="{what}"', actions))

    def _asked(self, dialog: _Dialog) -> list[str]:
        kept = [self._header("Via", "via", dialog), self._header("CSeq", "cseq", dialog)]
        if not dialog.known:
            dialog.ours, dialog.known, dialog.answered = False, True, True
            kept += [self._header("From", "from", dialog), self._header("To", "to", dialog)]
            kept.append(self._ereg("tag=[^;]*", f"tag{dialog.name}", "From"))
        return [*kept, self._contact(dialog)]

    def _heard(self, dialog: _Dialog, status: str) -> list[str]:
        """An answer with a tag makes the dialog; of forks, the one that is final."""
        if not dialog.begun or dialog.answered or not "180" <= status < "300":
            return []
        dialog.known, dialog.answered = True, status >= "200"
        tag = self._ereg("tag=[^;]*", f"tag{dialog.name}", "To")
        return [self._header("To", "to", dialog), tag, self._contact(dialog)]

    def _header(self, header: str, variable: str, dialog: _Dialog) -> str:
        return self._ereg(".*", f"{variable}{dialog.name}", header)

    def _contact(self, dialog: _Dialog) -> str:
        return self._ereg("sip:[^>]*", f"uri{dialog.name}", "Contact")

    def _ereg(self, regexp: str, variable: str, header: str | None = None) -> str:
        self.assigned.add(variable)
        where = f'search_in="hdr" header="{header}:"' if header else 'search_in="msg"'
        wanted = escape(regexp, quote=True)
        return f'<ereg regexp="{wanted}" {where} check_it="true" assign_to="{variable}"/>'

    # --- sending ---

    def _request(self, dialog: _Dialog, method: str, rest: str) -> None:
        peer, options, fields = self._parts(rest)
        dialog.peer = peer or dialog.peer
        cseq, target, to = dialog.invited_as
        refused = "refused" in options
        if method not in {"ACK", "CANCEL"}:
            dialog.cseq += 1
            cseq = dialog.cseq
        if method not in {"ACK", "CANCEL"} or (method == "ACK" and not refused):
            target, to = dialog.target, f"To: {dialog.remote}"
        if method == "CANCEL":
            dialog.answered = True  # what comes now makes no dialog
        if method in _DIALOGUE:
            dialog.begun = True
            dialog.invited_as = cseq, target, to
        mark = "a" if method == "ACK" and not refused else ""
        branch = f"z9hG4bK{dialog.name}x{cseq}{mark}x[call_id]"
        head = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch};rport",
            f"From: {dialog.local}",
            "[last_To:]" if refused else to,
            f"Call-ID: {dialog.call_id}",
            f"CSeq: {cseq} {method}",
            "Contact: <sip:party@[local_ip]:[local_port]>",
            "Max-Forwards: 70",
            "Allow: INVITE, ACK, BYE, CANCEL, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO, UPDATE",
            *fields,
        ]
        self._send(head, options, retransmitted=method != "ACK")
        if method == "INVITE":
            self.lines.append('<recv response="100" optional="true"/>')

    def _respond(self, dialog: _Dialog, status: str, rest: str) -> None:
        _, options, fields = self._parts(rest)
        begins = dialog.asked in _DIALOGUE or "INVITE" in options
        head = [f"SIP/2.0 {status} {_PHRASES.get(status, 'No')}"]
        if begins:
            head += [f"Via:[$via{dialog.name}]", f"From: {dialog.remote}", f"To: {dialog.local}"]
            head += ["[last_Call-ID:]", f"CSeq:[$cseq{dialog.name}]"]
        else:
            tag = "" if dialog.known and dialog.asked != "CANCEL" else f";tag={dialog.mine}"
            head += ["[last_Via:]", "[last_From:]", f"[last_To:]{tag}"]
            head += ["[last_Call-ID:]", "[last_CSeq:]"]
        if not any(each.startswith("Contact:") for each in fields):
            head.append("Contact: <sip:party@[local_ip]:[local_port]>")
        final = status >= "200" and "INVITE" in (dialog.asked, *options)
        self._send([*head, *fields], options, retransmitted=final)

    def _send(self, head: list[str], options: list[str], *, retransmitted: bool) -> None:
        body = self._body(options)
        kind = ["Content-Type: application/sdp"] if "v=0" in body else []
        lines = [*head, *kind, "Content-Length: [len]", "", *body.splitlines()]
        text = "\n".join(lines)
        retrans = ' retrans="500"' if retransmitted else ""
        self.lines.append(f"<send{retrans}><![CDATA[\n\n{text}\n\n]]></send>")

    def _body(self, options: list[str]) -> str:
        for option in options:
            name, _, value = option.partition("=")
            if name == "sdp":
                self.version += 1
                moved = value == "moved"
                where = {"address": "192.0.2.77" if moved else "[local_ip]", "port": 7000}
                text = SDP.format(version=self.version, **where)
                return text if moved or not value else f"{text}\na={value}"
            if name == "body":
                return value.replace("_", " ")
        return ""

    def _parts(self, rest: str) -> tuple[str, list[str], list[str]]:
        """Number of a named party, options, header fields."""
        before, *after = rest.split("+")
        words = before.split()
        known = [self.numbers.get(word, word) for word in words if self._is_number(word)]
        options = [word for word in words if not self._is_number(word)]
        fields = [self._filled(each.strip()) for each in after]
        return known[0] if known else "", options, fields

    def _is_number(self, word: str) -> bool:
        return word in self.numbers or word.isdigit()

    def _filled(self, text: str) -> str:
        return _MACRO.sub(self._macro, text)

    def _macro(self, found: re.Match[str]) -> str:
        name, number = found.groups()
        if number is None:
            return self.border if name == "border" else self.numbers[name]
        dialog = self.dialogs[number]
        if name == "call-id":
            return dialog.call_id
        return dialog.mine if name == "mine" else f"[$tag{number}]"


def scenario(name: str, steps: str, numbers: dict[str, str], border: str) -> str:
    """The XML of the party of that name. `numbers`: of all parties, by name; `border`: host and
    port of the border towards it."""
    writer = _Writer(numbers[name], border, numbers)
    for step in steps.strip().splitlines():
        if step.strip():
            writer.step(step)
    if writer.assigned:
        writer.lines.append(f'<Reference variables="{",".join(sorted(writer.assigned))}"/>')
    body = "\n".join(writer.lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="{name}">\n{body}\n</scenario>\n'
    )


def _element(kind: str, attributes: str, actions: list[str]) -> str:
    if not actions:
        return f"<{kind} {attributes}/>"
    return f"<{kind} {attributes}><action>{''.join(actions)}</action></{kind}>"
