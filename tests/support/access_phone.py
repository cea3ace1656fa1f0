"""A phone that registers and calls with digest credentials, written by hand as text."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5, sha256
from itertools import count

from sbc.actions import Flow
from sbc.sip.digest import Challenge
from sbc.sip.message import Request, Response
from tests.support.border import Border
from tests.support.messages import OFFER, text

ACCESS = """\
version: 1
interfaces:
  wan: { zone: outside, bind: 203.0.113.10, sip: [{ transport: udp, port: 5060 }, { transport: tcp, port: 5060 }], media: { ports: 20000-20999 } }
  lan: { zone: inside, bind: 10.20.0.5, sip: [{ transport: udp, port: 5060 }, { transport: tcp, port: 5060 }], media: { ports: 30000-30999 } }
zones:
  outside: { trust: untrusted }
  inside: { trust: trusted }
trunks:
  pbx: { zone: inside, endpoints: [{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] } }
  carrier: { zone: outside, endpoints: [{ uri: "sip:198.51.100.9" }], identify: { sources: [198.51.100.0/24] } }
access:
  phones:
    zone: outside
    domains: [example.com]
    auth: { users: { anna: "${ENV:ANNA}", bert: "${ENV:BERT}" } @AUTH@ }
    registrar: { client_expires: 60s, min_expires: 20s, max_contacts: 3 @REGISTRAR@ }
routes:
  - { name: to-phones, from: { trunk: pbx }, match: { registered: phones }, to: [phones] }
  - { name: between, from: { access: phones }, match: { registered: phones }, to: [phones] }
  - { name: out, from: { access: phones }, to: [pbx] }
  - { name: in, from: { trunk: carrier }, to: [phones] }
"""  # noqa: E501  (one line a thing, as in the documentation)

SECRETS = {"ANNA": "anna's password", "BERT": "bert's password"}
_BRANCHES = count(1)


def access(registrar: str = "", auth: str = "") -> str:
    return ACCESS.replace("@REGISTRAR@", registrar and f", {registrar}").replace(
        "@AUTH@", auth and f", {auth}"
    )


ABSORB = access("mode: absorb, upstream: pbx, upstream_expires: 1h")


class AccessPhone:
    """Behind NAT: what it writes of itself is not where it is."""

    def __init__(
        self,
        border: Border,
        user: str = "anna",
        *,
        port: int = 40000,
        transport: str = "udp",
        password: str | None = None,
    ) -> None:
        self.border = border
        self.user = user
        self.password = SECRETS[user.upper()] if password is None else password
        self.flow = Flow("wan", transport, ("192.0.2.77", port))  # type: ignore[arg-type]
        self.call_id = f"register-{user}-{port}"
        self.contact = f"<sip:{user}@192.168.1.5:5060>"
        self.cseq = 0
        self.count = 0
        self.challenge: Challenge | None = None
        self.algorithm = "SHA-256"
        self.last = b""
        self.where = "192.168.1.5:5060"
        """As it says itself."""
        self.between: Callable[[], None] = lambda: None
        """What happens behind the border while this phone waits for its answer."""

    # --- requests ---------------------------------------------------------------------------------

    def send(
        self, method: str, uri: str, *extra: str, to: str | None = None, body: str = "", **how: str
    ) -> list[Response]:
        """With credentials, once it was challenged; what comes back."""
        self.cseq += 1
        name = "Authorization" if method == "REGISTER" else "Proxy-Authorization"
        credentials = [] if self.challenge is None else [f"{name}: {self.proof(method, uri, body)}"]
        call_id = how.get("call_id", self.call_id)
        ip, port = self.flow.remote
        fields = [
            f"Via: SIP/2.0/{self.flow.transport.upper()} {self.where}"
            f";branch=z9hG4bK-p{next(_BRANCHES)};rport",
            f"From: <sip:{how.get('caller', self.user)}@example.com>;tag=phone-{self.user}",
            f"To: {to or f'<sip:{self.user}@example.com>'}",
            f"Call-ID: {call_id}",
            f"CSeq: {how.get('cseq', self.cseq)} {method}",
            "Max-Forwards: 70",
            *credentials,
            *extra,
        ]
        kind = how.get("kind", "application/sdp")
        self.last = text(f"{method} {uri} SIP/2.0", fields, body, kind)
        del ip, port
        return self.again()

    def again(self) -> list[Response]:
        """The last request as it was."""
        self.border.receive(self.last, self.flow)
        self.between()
        return [each for each in self.border.take(self.flow) if isinstance(each, Response)]

    def register(self, expires: int | None = None, *extra: str, contact: str | None = None) -> int:
        """Once more after a challenge; the final status, 0 without one."""
        asked = [] if expires is None else [f"Expires: {expires}"]
        where = self.contact if contact is None else contact
        fields = [*asked, *([f"Contact: {where}"] if where else []), *extra]
        for _ in range(2):
            answers = self.send("REGISTER", "sip:example.com", *fields)
            if not answers:
                return 0
            (answer,) = answers
            if answer.status != 401:
                break
            self.heed(answer)
        self.answer = answer
        return answer.status

    def invite(self, number: str, *extra: str, caller: str | None = None) -> int:
        """The first status that is no challenge and no 100; 0: none yet."""
        fields = ["Contact: <sip:phone@192.168.1.5:5060>", *extra]
        for attempt in range(2):
            answers = self.send(
                "INVITE",
                f"sip:{number}@example.com",
                *fields,
                to=f"<sip:{number}@example.com>",
                body=OFFER.replace("192.0.2.1", "192.168.1.5"),
                call_id=f"call-{self.user}-{number}-{next(_BRANCHES)}-{attempt}",
                caller=caller or self.user,
            )
            final = [each for each in answers if each.status != 100]
            if not final:
                return 0
            if final[0].status != 407:
                break
            self.heed(final[0])
        self.answer = final[0]
        return final[0].status

    # --- credentials ------------------------------------------------------------------------------

    def heed(self, answer: Response) -> None:
        name = "www-authenticate" if answer.status == 401 else "proxy-authenticate"
        offered = [Challenge.parse(text) for text in answer.headers.all(name)]
        (self.challenge,) = [each for each in offered if each.algorithm == self.algorithm]
        self.count = 0

    def proof(self, method: str, uri: str, body: str, qop: str = "auth") -> str:
        """RFC 7616 §3.4.1, once more and apart from what is tested."""
        challenge = self.challenge
        assert challenge is not None
        make = sha256 if self.algorithm == "SHA-256" else md5

        def h(value: str) -> str:
            return make(value.encode()).hexdigest()

        self.count += 1
        nc = f"{self.count:08x}"
        secret = h(f"{self.user}:{challenge.realm}:{self.password}")
        what = h(f"{method}:{uri}:{h(body)}" if qop == "auth-int" else f"{method}:{uri}")
        response = h(f"{secret}:{challenge.nonce}:{nc}:cn:{qop}:{what}")
        return (
            f'Digest username="{self.user}", realm="{challenge.realm}", nonce="{challenge.nonce}", '
            f'uri="{uri}", response="{response}", algorithm={self.algorithm}, cnonce="cn", '
            f"qop={qop}, nc={nc}"
        )

    # --- what comes to it -------------------------------------------------------------------------

    def called(self) -> Request:
        return self.border.request(self.flow, "INVITE")
