from argparse import ArgumentParser

import pytest

from media.ng.options import Options, add_to, address, options_of, ports_of


def read(*words: str) -> Options:
    parser = ArgumentParser()
    add_to(parser)
    return options_of(parser.parse_args(words))


def test_what_is_not_said_is_as_rtpengine_has_it() -> None:
    options = read("--ng", "127.0.0.1:2223", "--interface", "192.0.2.1")
    assert options.ng == ("127.0.0.1", 2223)
    assert options.ports == (30000, 40000)
    assert options.settings.learning == "heuristic"
    assert options.settings.delete_delay == 30.0
    assert options.settings.silence == 60.0
    assert options.settings.most_calls is None


def test_everything_can_be_said() -> None:
    options = read(
        *("--ng", "[::1]:2223", "--interface", "a/192.0.2.1", "--interface", "b/192.0.2.2"),
        *("--ports", "20000-20099", "--endpoint-learning", "off", "--delete-delay", "0"),
        *("--ng-tcp", "127.0.0.1:1", "--ng-http", ":2"),
        *("--timeout", "5", "--max-sessions", "7", "--strict-source"),
    )
    assert options.ng == ("::1", 2223)
    assert options.interfaces.usual == "a"
    assert (options.tcp, options.http) == (("127.0.0.1", 1), ("0.0.0.0", 2))
    settings = options.settings
    assert (settings.learning, settings.delete_delay, settings.silence) == ("off", 0.0, 5.0)
    assert (settings.most_calls, settings.strict_source) == (7, True)


@pytest.mark.parametrize("text", ["", "host:1", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        address(text)


def test_a_port_alone_listens_everywhere() -> None:
    assert address(":2223") == ("0.0.0.0", 2223)


@pytest.mark.parametrize("text", ["1", "a-b", "5-1", "1-2", "40000-70000", "4000-4000"])
def test_what_is_no_range_of_ports_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        ports_of(text)
