"""The session establishment flows of RFC 3665 §3, with the border where the proxies stand there."""

from tests.e2e.support.service import Flow

ANSWERS = """
< INVITE
> 180
> 200 sdp
< ACK
< BYE
> 200
"""
CALLS = """
> INVITE bob sdp
< 180
< 200
> ACK
~ 100
> BYE
< 200
"""
SILENT_SERVER = {"endpoints": [{"uri": "sip:{ip}:5099"}, {"uri": "sip:{ip}:5060", "priority": 2}]}

FLOWS = (
    Flow("3665 3.1 successful session establishment", {"alice": CALLS, "bob": ANSWERS}),
    Flow(
        "3665 3.2 through two proxies, which record the route",
        {
            "alice": CALLS,
            "bob": """
                < INVITE
                > 180
                > 200 sdp
                < ACK
                ~ 100
                > BYE
                < 200""",
        }
        | {
            "alice": """
                > INVITE bob sdp
                < 180
                < 200
                > ACK
                < BYE
                > 200"""
        },
    ),
    Flow(
        "3665 3.3 proxy authentication: the border answers for its account",
        {
            "alice": CALLS,
            "bob": """
                < INVITE
                > 407 +Proxy-Authenticate: Digest realm="atlanta.example", nonce="wf84f1cczx41ae6"
                < ACK
                < INVITE ?Proxy-Authorization: Digest .*username="acct01"
                > 180
                > 200 sdp
                < ACK
                < BYE
                > 200""",
        },
        {"bob": {"auth": {"user": "acct01", "password": "secret-1", "realm": "atlanta.example"}}},
    ),
    Flow("3665 3.4 a proxy has failed", {"alice": CALLS, "bob": ANSWERS}, {"bob": SILENT_SERVER}),
    Flow(
        "3665 3.5 through an ALG: addresses of each side are its own",
        {
            "alice": CALLS.replace("< 200\n> ACK", "< 200 ?c=IN IP4 {wan}\n> ACK"),
            "bob": ANSWERS.replace("< INVITE", "< INVITE ?c=IN IP4 {lan}"),
        },
    ),
    Flow(
        "3665 3.6 redirected, with the description in ACK",
        {
            "alice": """
                > INVITE redirector
                < 180
                < 200
                > ACK sdp
                ~ 100
                > BYE
                < 200""",
            "redirector": """
                < INVITE
                > 302 +Contact: <sip:{bob}@chicago.invalid>
                < ACK""",
            "bob": ANSWERS.replace("< ACK", "< ACK ?m=audio"),
        },
        {"redirector": {"redirect": "follow"}},
    ),
    Flow(
        "3665 3.7 re-INVITE from another address",
        {
            "alice": """
                > INVITE bob sdp
                < 180
                < 200
                > ACK
                > INFO
                < 200
                < INVITE ?c=IN IP4 {wan}
                > 200 sdp
                < ACK
                ~ 100
                > BYE
                < 200""",
            "bob": """
                < INVITE
                > 180
                > 200 sdp
                < ACK
                < INFO
                > 200
                > INVITE sdp=moved
                < 200
                > ACK
                < BYE
                > 200""",
        },
    ),
    Flow(
        "3665 3.8 no answer",
        {
            "alice": """
                > INVITE bob sdp
                < 180
                ~ 200
                > CANCEL
                < 200
                < 487
                > ACK refused""",
            "bob": """
                < INVITE
                > 180
                < CANCEL
                > 200
                > 487 INVITE
                < ACK""",
        },
    ),
    Flow(
        "3665 3.9 busy",
        {
            "alice": """
                > INVITE bob sdp
                < 486
                > ACK refused""",
            "bob": """
                < INVITE
                > 486
                < ACK""",
        },
    ),
    Flow(
        "3665 3.10 no response",
        {
            "alice": """
                > INVITE bob sdp
                < 480
                > ACK refused""",
            "bob": """
                < INVITE
                ~ 2500""",
        },
        {"bob": {"limits": {"ring": "2s"}}},
    ),
    Flow(
        "3665 3.11 temporarily unavailable",
        {
            "alice": """
                > INVITE bob sdp
                < 180
                < 480
                > ACK refused""",
            "bob": """
                < INVITE
                > 180
                > 480
                < ACK""",
        },
    ),
)
