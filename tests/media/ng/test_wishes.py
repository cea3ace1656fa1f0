from typing import Any

import pytest

from media.ng.keys import normalised
from media.ng.wishes import CodecWishes, Wishes, wishes_of


def wishes(**keys: Any) -> Wishes:
    return wishes_of(normalised({key.replace("_", "-"): value for key, value in keys.items()}))


def test_nothing_said_is_nothing_wished() -> None:
    assert wishes() == Wishes()


@pytest.mark.parametrize(
    ("keys", "interfaces"),
    [
        ({"direction": ["pub", "priv"]}, ("pub", "priv")),
        ({"direction": ["pub"]}, ("pub", None)),
        ({"interface": "pub"}, ("pub", "pub")),
        ({"from-interface": "a", "direction": ["x", "b"]}, ("a", "b")),
        ({"to-interface": "b"}, (None, "b")),
    ],
)
def test_interfaces_are_named_in_several_ways(
    keys: dict[str, Any], interfaces: tuple[str | None, str | None]
) -> None:
    assert wishes_of(normalised(keys)).interfaces == interfaces


def test_addresses_are_ip_literals_or_nothing() -> None:
    assert wishes(received_from=["IP4", "192.0.2.1"]).received_from == "192.0.2.1"
    assert wishes(media_address="2001:DB8::1").media_address == "2001:db8::1"
    assert wishes(media_address="host.example", received_from=[]).media_address is None
    assert wishes(address_family="ip6").family == "IP6"
    assert wishes(address_family="IP5").family is None


def test_an_unknown_way_of_learning_is_none() -> None:
    assert wishes(endpoint_learning="Immediate").learning == "immediate"
    assert wishes(endpoint_learning="psychic").learning is None


def test_codecs() -> None:
    codec = wishes(codec={"strip": ["all"], "except": ["opus"], "offer": ["PCMA"]}).codec
    assert codec == CodecWishes(("all",), ("opus",), ("PCMA",))


def test_only_a_final_answer_fixes_the_tag() -> None:
    assert wishes(sip_code=200).final
    assert not wishes(sip_code="183").final
    assert not wishes(sip_code=200, flags=["provisional"]).final


def test_webrtc_is_a_bundle_of_others_and_overrides_none() -> None:
    both = wishes(flags=["WebRTC"])
    assert (both.protocol, both.ice) == ("UDP/TLS/RTP/SAVPF", "force")
    assert both.rtcp_mux == {"offer", "require"}
    assert both.sdes == ("off",)
    assert both.has("generate-mid")
    assert wishes(flags=["WebRTC"], ICE="remove").ice == "remove"
