"""The service examples of RFC 5359 §2, with the border between Alice outside and the others
inside."""

from tests.e2e.support.rfc3665 import ANSWERS
from tests.e2e.support.service import Flow

LOCAL = {"refer": "local"}
FOLLOW = {"redirect": "follow"}

ALICE = """
> INVITE bob sdp
< 180
< 200
> ACK
"""
SPEAKS = """
> INFO
< 200
"""
TALKS = ALICE + SPEAKS
ALICE_IS_ASKED_ANEW = """
< INVITE
> 200 sdp
< ACK
"""
ALICE_HANGS_UP = """
> BYE
< 200
"""
BOB = """
< INVITE
> 180
> 200 sdp
< ACK
< INFO
> 200
"""
"""Until Alice's own ACK has come, the border takes no offer for her; her INFO says that it has."""
CAROL = """
< INVITE
> 180
> 200 sdp
< ACK
"""
HOLDS = """
> INVITE sdp=sendonly
< 200 ?a=recvonly
> ACK
"""
RESUMES = """
> INVITE sdp
< 200
> ACK
"""
IS_HELD = """
< INVITE ?a=sendonly
> 200 sdp=recvonly
< ACK
"""
TOLD = """
< NOTIFY ?sipfrag.*SIP/2.0 {status}
> 200
"""
IS_LEFT = """
< BYE
> 200
"""


def told(*statuses: int) -> str:
    return "".join(TOLD.replace("{status}", str(status)) for status in statuses)


REFERS = """
> REFER +Refer-To: <sip:{carol}@{border}>
< 202
"""
CONSULTS = """
2> INVITE carol sdp
2< 180
2< 200
2> ACK
"""
REFERS_ATTENDED = """
> REFER +Refer-To: <sip:{carol}@{border}?Replaces={call-id:2}%3Bto-{theirs:2}%3Bfrom-tag%3D{mine:2}>
< 202
"""
SAYS = (
    "\n> NOTIFY body=SIP/2.0_{status} +Event: refer +Subscription-State: {state}"
    " +Content-Type: message/sipfrag\n< 200"
)
FORWARDED = """
< INVITE
> 302 +Contact: <sip:{carol}@inside.invalid>
< ACK
"""
CALLED_BY_ALICE = ALICE + "~ 100" + ALICE_HANGS_UP

FLOWS = (
    Flow(
        "5359 2.1 call hold",
        {
            "alice": TALKS + IS_HELD + ALICE_IS_ASKED_ANEW + ALICE_HANGS_UP,
            "bob": BOB + HOLDS + RESUMES + IS_LEFT,
        },
    ),
    Flow(
        "5359 2.2 consultation hold",
        {
            "alice": TALKS + IS_HELD + ALICE_IS_ASKED_ANEW + ALICE_HANGS_UP,
            "bob": BOB + HOLDS + CONSULTS + "2> BYE\n2< 200" + RESUMES + IS_LEFT,
            "carol": ANSWERS,
        },
    ),
    Flow(
        "5359 2.3 music on hold",
        {
            "alice": TALKS + ALICE_IS_ASKED_ANEW + ALICE_IS_ASKED_ANEW + ALICE_HANGS_UP,
            "bob": BOB
            + "2> INVITE music\n2< 180\n2< 200 ?m=audio"
            + "\n> INVITE sdp=moved\n< 200\n> ACK\n2> ACK sdp"
            + "\n~ 100\n2> BYE\n2< 200"
            + RESUMES
            + IS_LEFT,
            "music": ANSWERS,
        },
    ),
    Flow(
        "5359 2.4 transfer, unattended",
        {
            "alice": TALKS + ALICE_IS_ASKED_ANEW + "~ 100" + ALICE_HANGS_UP,
            "bob": BOB + REFERS + told(100, 180, 200) + IS_LEFT,
            "carol": ANSWERS,
        },
        {"bob": LOCAL},
    ),
    Flow(
        "5359 2.4 transfer, unattended, by the parties",
        {
            "alice": TALKS
            + "< REFER ?Refer-To: <sip:{carol}@{wan}\n> 202"
            + "\n> NOTIFY body=SIP/2.0_100_Trying +Event: refer +Subscription-State: active"
            + " +Content-Type: message/sipfrag\n< 200"
            + IS_LEFT
            + "2> INVITE carol sdp\n2< 180\n2< 200\n2> ACK\n~ 100\n2> BYE\n2< 200",
            "bob": BOB + REFERS + told(100) + "> BYE\n< 200",
            "carol": ANSWERS,
        },
        {"bob": {"refer": "relay"}},
    ),
    Flow(
        "5359 2.5 transfer, attended",
        {
            "alice": TALKS + IS_HELD + ALICE_IS_ASKED_ANEW + "~ 100" + ALICE_HANGS_UP,
            "bob": BOB
            + HOLDS
            + CONSULTS
            + REFERS_ATTENDED
            + told(100)
            + "2< BYE\n2> 200"
            + told(200)
            + IS_LEFT,
            "carol": CAROL + ALICE_IS_ASKED_ANEW + IS_LEFT,
        },
        {"bob": LOCAL},
    ),
    Flow(
        "5359 2.6 transfer to instant messages",
        {
            "alice": TALKS
            + "< MESSAGE ?im to carol\n> 200"
            + "\n2> MESSAGE carol body=hello_carol +Content-Type: text/plain\n2< 200"
            + ALICE_HANGS_UP,
            "bob": BOB + "> MESSAGE body=im_to_carol +Content-Type: text/plain\n< 200" + IS_LEFT,
            "carol": "< MESSAGE ?hello carol\n> 200",
        },
    ),
    Flow(
        "5359 2.7 call forwarding, unconditional",
        {"alice": CALLED_BY_ALICE, "bob": FORWARDED, "carol": ANSWERS},
        {"bob": FOLLOW},
    ),
    Flow(
        "5359 2.8 call forwarding, busy",
        {
            "alice": CALLED_BY_ALICE,
            "bob": FORWARDED.replace("@inside.invalid>", "@inside.invalid;cause=486>"),
            "carol": ANSWERS.replace("< INVITE", "< INVITE ?INVITE sip:{carol}@"),
        },
        {"bob": FOLLOW},
    ),
    Flow(
        "5359 2.9 call forwarding, no answer",
        {
            "alice": "> INVITE bob sdp\n< 180\n< 180\n< 200\n> ACK\n~ 100" + ALICE_HANGS_UP,
            "bob": FORWARDED.replace("> 302", "> 180\n~ 300\n> 302"),
            "carol": ANSWERS,
        },
        {"bob": FOLLOW},
    ),
    Flow(
        "5359 2.10 conference: a third party is added",
        {
            "alice": TALKS + IS_HELD + ALICE_IS_ASKED_ANEW + IS_LEFT,
            "bob": BOB + HOLDS + CONSULTS + RESUMES + "2> BYE\n2< 200\n> BYE\n< 200",
            "carol": ANSWERS,
        },
    ),
    Flow(
        "5359 2.11 conference: a third party joins",
        {
            "alice-line": "< INVITE ?Join: [^;]*;to-tag=[^;]*;from-tag=\n> 200 sdp\n< ACK"
            + IS_LEFT,
            "alice": TALKS + "< INFO\n> 200" + ALICE_HANGS_UP,
            "bob": BOB
            + "2> INVITE alice sdp +Join: {call-id:1};to-{theirs:1};from-tag={mine:1}"
            + "\n2< 200\n2> ACK\n~ 100\n2> BYE\n2< 200"
            + SPEAKS
            + IS_LEFT,
        },
    ),
    Flow(
        "5359 2.12 find-me",
        {
            "alice": CALLED_BY_ALICE,
            "bob": "< INVITE\n> 302 +Contact: <sip:{office}@x.invalid>;q=0.9,"
            " <sip:{carol}@x.invalid>;q=0.5\n< ACK",
            "office": "< INVITE\n> 404\n< ACK",
            "carol": ANSWERS,
        },
        {"bob": FOLLOW},
    ),
    Flow(
        "5359 2.13 incoming call screening",
        {
            "alice": "> INVITE bob sdp\n< 403\n> ACK refused",
            "bob": "< INVITE\n> 403\n< ACK",
        },
    ),
    Flow(
        "5359 2.14 outgoing call screening",
        {"alice": "> INVITE 999 sdp\n< 403\n> ACK refused"},
    ),
    Flow(
        "5359 2.15 call park, and retrieval by Replaces",
        {
            "alice": TALKS
            + ALICE_IS_ASKED_ANEW
            + SPEAKS
            + ALICE_IS_ASKED_ANEW
            + "~ 100"
            + ALICE_HANGS_UP,
            "bob": BOB + REFERS + told(100, 200) + IS_LEFT,
            "carol": "< INVITE\n> 200 sdp\n< ACK\n< INFO\n> 200"
            + "\n2> INVITE alice sdp +Replaces: {call-id:1};to-{theirs:1};from-tag={mine:1}"
            + "\n1< BYE\n1> 200\n2< 200\n2> ACK\n2< BYE\n2> 200",
        },
        {"bob": LOCAL, "carol": {"replaces": "local"}},
    ),
    Flow(
        "5359 2.16 call pickup by Replaces",
        {
            "alice-line": "< INVITE ?Replaces: [^;]*;to-tag=[^;]*;from-tag=[^;]*;early-only"
            "\n> 200 sdp\n< ACK" + IS_LEFT,
            "alice": "> INVITE bob sdp\n< 180\n~ 1500\n> CANCEL\n< 200\n< 487\n> ACK refused",
            "bob": "< INVITE\n> 180"
            + "\n2> INVITE alice sdp"
            + " +Replaces: {call-id:1};to-{theirs:1};from-tag={mine:1};early-only"
            + "\n2< 200\n2> ACK\n1< CANCEL\n1> 200\n1> 487 INVITE\n1< ACK\n2> BYE\n2< 200",
        },
    ),
    Flow(
        "5359 2.17 automatic redial",
        {
            "alice": "> INVITE bob sdp\n< 486\n> ACK refused"
            + "\n2> SUBSCRIBE agent +Event: dialog +Expires: 600\n2< 200\n2< NOTIFY\n2> 200"
            + "\n3> INVITE free sdp\n3< 180\n3< 200\n3> ACK\n~ 100\n3> BYE\n3< 200",
            "bob": "< INVITE\n> 486\n< ACK",
            "agent": "< SUBSCRIBE ?Event: dialog\n> 200 +Expires: 600"
            + "\n> NOTIFY +Event: dialog +Subscription-State: active;expires=600\n< 200",
            "free": ANSWERS,
        },
    ),
    Flow(
        "5359 2.18 click to dial",
        {
            "bob": "> REFER alice +Refer-To: <sip:{carol}@{border}>\n< 202"
            + "\n< NOTIFY ?sipfrag.*SIP/2.0 100\n> 200\n< NOTIFY ?sipfrag.*SIP/2.0 200\n> 200",
            "alice": "< REFER ?Refer-To: <sip:{carol}@{border}\n> 202"
            + SAYS.format(state="active;expires=60", status="100_Trying")
            + "\n2> INVITE carol sdp\n2< 180\n2< 200\n2> ACK"
            + SAYS.format(state="terminated;reason=noresource", status="200_OK")
            + "\n~ 100\n2> BYE\n2< 200",
            "carol": ANSWERS,
        },
    ),
)
