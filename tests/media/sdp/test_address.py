"""RFC 8866 §5.7, and what may not hide in a parameter."""

import pytest

from media.sdp.address import connection_address, family, is_unicast, names_a_host


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("IN IP4 10.0.0.7", "10.0.0.7"),
        ("IN IP4 10.0.0.7  ", "10.0.0.7"),
        ("IN IP4 224.2.36.42/127", "224.2.36.42"),
        ("IN IP4 224.2.1.1/127/3", "224.2.1.1"),
        ("IN IP6 2001:DB8::0:1", "2001:db8::1"),
        ("IN IP6 ff15::101/3", "ff15::101"),
        ("IN IP4 0.0.0.0", "0.0.0.0"),
        ("IN IP4 2001:db8::1", None),
        ("IN IP6 10.0.0.7", None),
        ("IN IP4 host.example.com", None),
        ("IN IP4 10.0.0.256", None),
        ("IN IP4 10.0.0.07", None),
        ("IN IP4 10.0.0", None),
        ("IN IP4 ١٠.0.0.7", None),
        ("IN IP6 fe80::1%eth0", None),
        ("IN IP6 1::2::3", None),
        ("IN IP6 1:2", None),
        ("TN RFC2543 +1-201-406-4090", None),
        ("IN IP4", None),
        ("", None),
    ],
)
def test_a_connection_address_is_an_ip_literal_of_its_family(
    value: str, address: str | None
) -> None:
    assert connection_address(value) == address


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "2001:db8::1", "0.0.0.0", "::"])
def test_one_peer_can_be_at_a_unicast_address(address: str) -> None:
    assert is_unicast(address)


@pytest.mark.parametrize(
    "address", ["224.0.0.1", "239.1.2.3", "255.255.255.255", "0.0.0.1", "ff02::1"]
)
def test_nobody_or_a_crowd_is_at_the_others(address: str) -> None:
    assert not is_unicast(address)


def test_the_address_type_follows_the_address() -> None:
    assert (family("192.0.2.1"), family("2001:db8::1")) == ("IP4", "IP6")


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.7",
        "server=10.0.0.7:5004",
        "x=1.2.3.4.5",
        "relay=2001:db8::7",
        "relay=[::1]",
        "at=fe80::1.",
        "at=2001:db8::99:",
        "at=:1:2:3:4:5:6:7:8:",
        "at=::ffff:10.0.0.7",
        "pbx.internal",
        "via=a-b.example.com/x",
        "who=alice@pbx",
        "http://pbx/",
    ],
)
def test_a_parameter_with_a_host_in_it_is_found(text: str) -> None:
    assert names_a_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "0-15",
        "apt=96",
        "111/111",
        "stereo=1;sprop-stereo=1;maxaveragebitrate=64000",
        "profile-level-id=42e01f; sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==",
        "sampling=YCbCr-4:2:2; exactframerate=30000/1001",
        "mode-set=0,2,4,7; gain=0.5",
        "SSN=ST2110-20:2017",
        "a:b:c",
        "...:::...",
    ],
)
def test_what_codecs_really_say_is_not_taken_for_a_host(text: str) -> None:
    assert not names_a_host(text)
