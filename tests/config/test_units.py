import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.problems import Misread
from config.units import (
    parse_bitrate,
    parse_duration,
    parse_listen,
    parse_port_range,
    parse_rate,
    parse_share,
    parse_size,
    written_duration,
    written_share,
    written_size,
)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("20ms", 0.02),
        ("7ms", 0.007),
        ("32s", 32.0),
        ("1.5s", 1.5),
        ("10m", 600.0),
        ("4h", 14_400.0),
        ("30d", 2_592_000.0),
        ("0s", 0.0),
    ],
)
def test_a_duration_is_read_as_seconds(written: str, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        (32, "the duration `32` has no unit", "write 32s"),
        (1.5, "the duration `1.5` has no unit", "write 1.5s"),
        ("32", "the duration `32` has no unit", "write 32s"),
        ("32sec", "the unit of `32sec` is not known", "units: ms, s, m, h, d"),
        ("5M", "the unit of `5M` is not known", "units: ms, s, m, h, d"),
        ("-5s", "`-5s` is not a duration", "write it like 20ms, 32s, 10m, 4h or 30d"),
        ("1h30m", "`1h30m` is not a duration", "write it like 20ms, 32s, 10m, 4h or 30d"),
        ("٣s", "`٣s` is not a duration", "write it like 20ms, 32s, 10m, 4h or 30d"),
        ("9" * 400 + "s", f"`{'9' * 60}…` is not a duration", "write it like 20ms"),
        (True, "`True` is not a duration", "write it like 20ms"),
        ([], "`[]` is not a duration", "write it like 20ms"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_hint(
    written: object, message: str, hint: str
) -> None:
    with pytest.raises(Misread) as refused:
        parse_duration(written)
    assert str(refused.value) == message
    assert refused.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("65535B", 65_535),
        ("64kB", 64_000),
        ("16KiB", 16_384),
        ("2MB", 2_000_000),
        ("1MiB", 1 << 20),
    ],
)
def test_a_size_is_read_as_bytes(written: str, size: int) -> None:
    assert parse_size(written) == size


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        (2048, "the size `2048` has no unit", "write 2048B"),
        ("16KB", "the unit of `16KB` is not known", "units: B, kB (1000), KiB (1024), MB, MiB"),
        ("0.5KiB", "`0.5KiB` is not a size", "write it like 16KiB, 64kB or 1500B"),
        (None, "`None` is not a size", "write it like 16KiB, 64kB or 1500B"),
    ],
)
def test_what_is_no_size_is_refused_with_a_hint(written: object, message: str, hint: str) -> None:
    with pytest.raises(Misread) as refused:
        parse_size(written)
    assert (str(refused.value), refused.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("written", "bits"),
    [("64kbit/s", 64_000.0), ("2Mbit/s", 2e6), ("1.5Gbit/s", 1.5e9), ("9bit/s", 9.0)],
)
def test_a_bit_rate_is_bits_a_second(written: str, bits: float) -> None:
    assert parse_bitrate(written) == bits


@pytest.mark.parametrize("written", [2_000_000, "2M", "2Mbit", "2MB/s", "-1bit/s", None, True])
def test_what_is_no_bit_rate_is_refused(written: object) -> None:
    with pytest.raises(Misread):
        parse_bitrate(written)


@pytest.mark.parametrize(("written", "rate"), [("10/s", 10.0), ("300/m", 5.0), ("36/h", 0.01)])
def test_a_rate_is_times_a_second(written: str, rate: float) -> None:
    assert parse_rate(written) == rate


@pytest.mark.parametrize("written", [10, "10", "10/d", "x/s", None])
def test_what_is_no_rate_is_refused(written: object) -> None:
    with pytest.raises(Misread):
        parse_rate(written)


def test_a_range_of_ports_is_its_first_and_last() -> None:
    assert parse_port_range("20000-29999") == (20_000, 29_999)
    assert parse_port_range("1-65535") == (1, 65_535)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("20000", "not a range of ports"),
        (20_000, "not a range of ports"),
        ([20_000, 29_999], "not a range of ports"),
        ("20000 - 29999", "not a range of ports"),
        ("0-100", "leaves the ports"),
        ("60000-70000", "leaves the ports"),
        ("70000-80000", "leaves the ports"),
        ("29999-20000", "does not rise"),
        ("20000-20000", "does not rise"),
    ],
)
def test_what_is_no_range_of_ports_is_refused(written: object, said: str) -> None:
    with pytest.raises(Misread, match=said):
        parse_port_range(written)


def test_a_range_the_wrong_way_round_is_turned_in_the_hint() -> None:
    with pytest.raises(Misread) as refused:
        parse_port_range("29999-20000")
    assert refused.value.hint == "write 20000-29999"


def test_a_place_to_listen_is_host_and_port() -> None:
    assert parse_listen("127.0.0.1:9100") == ("127.0.0.1", 9100)
    assert parse_listen("[::1]:9100") == ("::1", 9100)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("127.0.0.1", "not an address and a port"),
        ("9100", "not an address and a port"),
        (9100, "not an address and a port"),
        ("::1:9100", "not an address and a port"),
        ("localhost:9100", "not an IP address"),
        (":9100", "not an IP address"),
        ("127.0.0.1:0", "0 is not a port"),
        ("127.0.0.1:99999", "99999 is not a port"),
        ("[127.0.0.1]:9100", "brackets wrong"),
    ],
)
def test_what_is_no_place_to_listen_is_refused(written: object, said: str) -> None:
    with pytest.raises(Misread, match=said):
        parse_listen(written)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.02, "20ms"), (32.0, "32s"), (1.5, "1.5s"), (60.0, "1m"), (14_400.0, "4h"), (0.0, "0s")],
)
def test_a_duration_is_written_the_short_way(seconds: float, written: str) -> None:
    assert written_duration(seconds) == written


@given(st.integers(0, 10_000_000))
def test_a_written_duration_reads_back(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert parse_duration(written_duration(seconds)) == seconds


@given(st.integers(1, 1 << 30))
def test_a_written_size_reads_back(size: int) -> None:
    assert parse_size(written_size(size)) == size


@pytest.mark.parametrize(("written", "share"), [("3%", 0.03), ("0.5%", 0.005), ("100%", 1.0)])
def test_a_share_is_written_in_per_cent(written: str, share: float) -> None:
    assert parse_share(written) == share
    assert written_share(share) == written


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (3, "the share `3` has no unit"),
        (0.03, "the share `0.03` has no unit"),
        ("101%", "`101%` is more than all"),
        ("-1%", "`-1%` is not a share"),
        ("3 percent", "`3 percent` is not a share"),
    ],
)
def test_what_is_no_share_is_refused(written: object, message: str) -> None:
    with pytest.raises(Misread, match=message):
        parse_share(written)
