import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.operate.redact import HIDDEN, Redact

REDACT = Redact(b"0123456789abcdef")
CLEAR = Redact(b"0123456789abcdef", clear=True)


@pytest.mark.parametrize(
    "secret",
    [
        "192.0.2.1",
        "192.0.2.1:5060",
        "2001:db8::1",
        "2001:db8:0:0:0:0:0:1",
        "::ffff:192.0.2.1",
        "fe80::1%eth0",
        "sip:alice@example.com",
        "sips:alice@192.0.2.1:5061;transport=tcp",
        "tel:+4969123456",
        "alice@example.com",
        "a84b4c76e66710@192.0.2.1",
        "+4969123456",
        "+49 69 123-456",
        "00496912345",
        "030-1234-5678",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "from {} to", "<{}>", "[{}]", "a={};b", '"{}"', "received={}", "({})", "{},x"]
)
def test_no_address_number_or_uri_is_shown(secret: str, around: str) -> None:
    shown = REDACT.text(around.format(secret))
    for part in (secret, "192.0.2.1", "db8", "alice", "example", "123456", "1234-5678"):
        assert part not in shown


@given(st.ip_addresses(), st.text("abcxyz :=/<>[]().,;-", max_size=5), st.text("xyz :=/<>[]();-,"))
def test_no_address_is_shown_wherever_it_stands(address: object, before: str, after: str) -> None:
    if str(address) not in ("::",):
        assert str(address) not in REDACT.text(f"{before}{address}{after}")


def test_the_same_address_has_the_same_word_and_another_one_has_another() -> None:
    first = REDACT.text("192.0.2.1:5060")
    assert REDACT.text("from 192.0.2.1:5062 in").split()[1] == first.replace("5060", "5062")
    assert REDACT.text("192.0.2.2:5060") != first
    assert REDACT.text("2001:DB8:0::1") == REDACT.text("2001:db8::1")


def test_another_run_has_other_words() -> None:
    assert Redact(b"another key, 16+").text("192.0.2.1") != REDACT.text("192.0.2.1")


def test_ports_stay() -> None:
    assert REDACT.text("192.0.2.1:50600").endswith(":50600")
    assert REDACT.text("[2001:db8::1]:50600").endswith("]:50600")


@pytest.mark.parametrize(
    "plain", ["486 Busy Here", "at 10:00:00 sharp", "1.5 ms", "8f3a12345b", "udp 5060", "a:b:c"]
)
def test_what_is_no_address_stays(plain: str) -> None:
    assert REDACT.text(plain) == plain


def test_a_redacted_text_stays_as_it_is() -> None:
    once = REDACT.text("sip:bob@192.0.2.1 +4969123456 2001:db8::1 x@y")
    assert REDACT.text(once) == once


def test_a_field_which_names_someone_is_hidden_even_if_it_is_short() -> None:
    assert "1001" not in REDACT.field("called", "1001")
    assert REDACT.field("called", "1001") == REDACT.field("called", "1001")
    assert "alice" not in REDACT.field("caller", "alice")


def test_a_field_of_our_own_stays() -> None:
    assert REDACT.field("uid", "20261124100000") == "20261124100000"
    assert REDACT.field("called", "") == ""


@pytest.mark.parametrize("redact", [REDACT, CLEAR])
@pytest.mark.parametrize(
    "text",
    [
        'Digest username="b", response="canary", nonce="canary"',
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:canary+/=|2^20",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 INLINE:abc|2^20|1:4;inline:canary|2:4",
        "a=ice-pwd:canary+/0",
        "password=canary",
    ],
)
def test_secrets_are_never_shown(redact: Redact, text: str) -> None:
    assert "canary" not in redact.text(text)
    assert redact.field("authorization", text) == HIDDEN


def test_a_clear_log_shows_everything_else() -> None:
    assert CLEAR.text("sip:bob@192.0.2.1") == "sip:bob@192.0.2.1"
    assert CLEAR.field("called", "1001") == "1001"


@pytest.mark.parametrize(
    ("label", "kept"),
    [
        ("carrier-12345", True),
        ("INVITE", True),
        ("486", True),
        ("4969123456", False),
        ("192.0.2.1", False),
    ],
)
def test_labels_are_names_and_short_codes(label: str, kept: bool) -> None:
    assert (REDACT.label(label) == label) is kept


def test_a_long_value_is_cut() -> None:
    assert len(REDACT.text("x" * 1_000_000)) < 3000


def test_odd_characters_do_no_harm() -> None:
    assert "bob" not in REDACT.text("sip:bob\udcff@\x00192.0.2.1")
