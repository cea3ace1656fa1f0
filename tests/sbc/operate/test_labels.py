import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.operate import labels
from sbc.operate.labels import EVENT_LABELS, Labels

NAMES = {"zones": ["core"], "trunks": ["pbx"], "interfaces": ["lan"]}
LABELS = Labels(["refused", "plain"], **NAMES)


def test_known_values_are_kept_and_absent_ones_are_empty() -> None:
    given = [("zone", "core"), ("trunk", "pbx"), ("action", "reject"), ("status", "503")]
    assert LABELS.of_event("refused", given) == {
        "event": "refused",
        "zone": "core",
        "trunk": "pbx",
        "to_trunk": "",
        "interface": "",
        "transport": "",
        "method": "",
        "status": "503",
        "side": "",
        "phase": "",
        "by": "",
        "action": "reject",
        "verdict": "",
    }


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("zone", "elsewhere", "other"),
        ("method", "INVITE", "INVITE"),
        ("method", "HACK", "other"),
        ("status", "499", "4xx"),
        ("status", "999", "none"),
        ("status", "²99", "other"),
        ("status", "20", "other"),
        ("action", "reject", "reject"),
        ("action", "sip:bob@192.0.2.1", "other"),
        ("transport", "sctp", "other"),
    ],
)
def test_a_value_that_is_not_in_its_set_makes_no_series(name: str, value: str, label: str) -> None:
    assert LABELS.of_event("refused", [(name, value)])[name] == label


def test_an_unknown_event_is_counted_as_other() -> None:
    found = LABELS.of_event("surprise", [("zone", "core"), ("call_id", "abc")])
    assert found["event"] == "other"
    assert "call_id" not in found


@given(
    st.text(max_size=20),
    st.lists(st.tuples(st.sampled_from([*EVENT_LABELS, "user"]), st.text(max_size=20))),
)
def test_whatever_is_noted_only_known_values_come_out(
    event: str, given: list[tuple[str, str]]
) -> None:
    allowed = {
        "",
        "other",
        "none",
        "refused",
        "plain",
        "core",
        "pbx",
        "lan",
        *("udp", "tcp", "tls", "ws", "wss"),
        "a",
        "b",
    }
    allowed |= labels.METHODS | labels.STATUSES | {f"{n}xx" for n in range(1, 7)}
    allowed |= labels.ENDED_BY | {"initial", "subsequent", "drop", "reject"}
    assert set(LABELS.of_event(event, given).values()) <= allowed


def test_zones_and_trunks_of_calls_are_those_of_the_configuration() -> None:
    assert (LABELS.zone("core"), LABELS.zone("gone"), LABELS.zone(None)) == (
        "core",
        "other",
        "none",
    )
    assert (LABELS.trunk("pbx"), LABELS.trunk("gone"), LABELS.trunk("")) == ("pbx", "other", "none")


@pytest.mark.parametrize(
    ("written", "label"),
    [("PCMA/8000", "pcma"), ("opus/48000/2", "opus"), ("x-secret/8000", "other"), (None, "none")],
)
def test_a_codec_is_known_by_its_name(written: str | None, label: str) -> None:
    assert labels.codec(written) == label


@pytest.mark.parametrize(
    ("status", "label"), [(200, "2xx"), (486, "4xx"), (603, "6xx"), (None, "none"), (42, "none")]
)
def test_a_status_has_its_class(status: float | None, label: str) -> None:
    assert labels.status_class(status) == label
