"""a=crypto, read and written (RFC 4568 §6, §9.1): what we could not keep to is no line."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sdp.sdes import SUITES, MasterKey, key_bytes, new_key, read, write

KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
"""Of the example in RFC 4568 §4: 30 bytes."""
CM = "AES_CM_128_HMAC_SHA1_80"


@pytest.mark.parametrize(
    ("value", "mki"),
    [
        (f"1 {CM} inline:{KEY}", ""),
        (f"1 {CM} inline:{KEY}|2^20", ""),
        (f"1 {CM} inline:{KEY}|1048576", ""),
        (f"1 {CM} inline:{KEY}|2^20|1:4", "00000001"),
        (f"1 {CM} inline:{KEY}|1066:4", "0000042a"),
        (f"1  {CM.lower()}  INLINE:{KEY} WSH=128 -KDR=1 ", ""),
    ],
)
def test_a_line_is_read(value: str, mki: str) -> None:
    crypto = read(value)
    assert crypto is not None
    assert (crypto.tag, crypto.suite, crypto.keys) == (1, SUITES[CM], (MasterKey(KEY, mki),))


def test_several_keys_are_told_apart_by_their_mki() -> None:
    other = new_key(bytes(30))
    crypto = read(f"3 {CM} inline:{KEY}|2^20|1:2;inline:{other}|2^20|2:2")
    assert crypto is not None
    assert crypto.keys == (MasterKey(KEY, "0001"), MasterKey(other, "0002"))


@pytest.mark.parametrize("name", SUITES)
def test_each_suite_has_keys_of_its_own_length(name: str) -> None:
    size = SUITES[name].size
    text = new_key(bytes(range(size)))
    assert read(f"1 {name} inline:{text}") is not None
    assert read(f"1 {name} inline:{text.rstrip('=')}") == read(f"1 {name} inline:{text}")
    for wrong in (size - 1, size + 1):
        assert read(f"1 {name} inline:{b64encode(bytes(wrong)).decode()}") is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        f"0 {CM} inline:{KEY}",
        f"1234567890 {CM} inline:{KEY}",
        f"x {CM} inline:{KEY}",
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 {CM} {KEY}",
        f"1 {CM} inline:",
        f"1 {CM} inline:{KEY[:-1]}",
        f"1 {CM} inline:{KEY[:-1]}!",
        f"1 {CM} uri:https://keys.example/1",
        f"1 {CM} inline:{KEY} UNENCRYPTED_SRTP",
        f"1 {CM} inline:{KEY} UNENCRYPTED_SRTCP",
        f"1 {CM} inline:{KEY} UNAUTHENTICATED_SRTP",
        f"1 {CM} inline:{KEY} KDR=1",
        f"1 {CM} inline:{KEY} FEC_ORDER=FEC_SRTP",
        f"1 {CM} inline:{KEY} WSH=128 SOMETHING_NEW",
        f"1 {CM} inline:{KEY}|2^20|1:0",
        f"1 {CM} inline:{KEY}|2^20|256:1",
        f"1 {CM} inline:{KEY}|2^20|1:17",
        f"1 {CM} inline:{KEY}|2^20|1:129",
        f"1 {CM} inline:{KEY}|2^20|{9**40}:4",
        f"1 {CM} inline:{KEY};inline:{KEY}",
        f"1 {CM} inline:{KEY}|1:4;inline:{KEY}|1:4",
        f"1 {CM} inline:{KEY}|1:4;inline:{KEY}|2:2",
        f"1 {CM} inline:{KEY}|1:1;",
        f"1 {CM} " + ";".join(f"inline:{KEY}|{each}:1" for each in range(9)),
        f"1 {CM} inline:{KEY} \x00",
        f"1 {CM} inline:{'A' * 100_000}",
    ],
)
def test_what_we_could_not_keep_to_is_no_line(value: str) -> None:
    assert read(value) is None


@given(st.text(max_size=200) | st.from_regex(r"1 AES_CM_128_HMAC_SHA1_80 inline:.{0,90}"))
def test_whatever_comes_is_read_or_not(value: str) -> None:
    crypto = read(value)
    assert crypto is None or all(len(key_bytes(key.text)) == 30 for key in crypto.keys)


@given(st.sampled_from(sorted(SUITES)), st.randoms(use_true_random=False))
def test_what_we_write_reads_back(suite: str, random: object) -> None:
    key = new_key(random.randbytes(SUITES[suite].size))  # type: ignore[attr-defined]
    crypto = read(write(7, suite, key).removeprefix("a=crypto:"))
    assert crypto is not None
    assert (crypto.tag, crypto.suite.name, crypto.keys) == (7, suite, (MasterKey(key),))


def test_a_key_is_not_shown() -> None:
    assert KEY not in repr(read(f"1 {CM} inline:{KEY}"))
