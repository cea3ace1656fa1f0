"""A browser's way in: secure WebSocket with an Origin (RFC 7118), and certificates that are
replaced under open connections (I7, N7, X7)."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sbc.sip.digest import Challenge, Credentials, secret_of
from sbc.sip.message import Response, parse
from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.waiting import eventually
from tests.support.authority import Authority

PORT, ORIGIN = 8443, "https://phone.example.com"
PATIENCE = 5.0


@pytest.fixture
def border(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lo: Loopback, start_border: StartBorder
) -> Border:
    monkeypatch.setenv("ANNA", "pw")
    pair = Authority(tmp_path).pair("edge", lo.wan)
    config: dict[str, Any] = on_loopback(lo)
    config["certificates"] = {
        "edge": {"chain": str(pair.chain), "key": str(pair.key), "watch": "200ms"}
    }
    listener = {"transport": "wss", "port": PORT, "certificate": "edge", "path": "/sip"}
    config["interfaces"]["wan"]["sip"].append({**listener, "origins": [ORIGIN]})
    auth = {"users": {"anna": "${ENV:ANNA}"}}
    config["access"] = {"phones": {"zone": "outside", "domains": ["example.com"], "auth": auth}}
    config["routes"] = [{"name": "out", "from": {"access": "phones"}, "to": ["pbx"]}]
    return start_border(config)


def browsing(
    tmp_path: Path, lo: Loopback, test: Callable[[aiohttp.ClientSession, str], Awaitable[None]]
) -> None:
    async def main() -> None:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(connector=connector) as session:
            await test(session, f"https://{lo.wan}:{PORT}/sip")
        await asyncio.sleep(0.25)  # the session does not wait for the end of its TLS connections

    asyncio.run(asyncio.wait_for(main(), 20.0))


def register(proof: str = "", cseq: int = 1) -> str:
    lines = [
        "REGISTER sip:example.com SIP/2.0",
        f"Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK{cseq}",
        "Max-Forwards: 70",
        "From: <sip:anna@example.com>;tag=1",
        "To: <sip:anna@example.com>",
        "Call-ID: a@b",
        f"CSeq: {cseq} REGISTER",
        "Contact: <sip:anna@df7jal23ls0d.invalid;transport=ws>",
        *([f"Authorization: {proof}"] if proof else []),
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines)


async def asked(socket: aiohttp.ClientWebSocketResponse, text: str) -> Response:
    await socket.send_str(text)
    answer = parse((await socket.receive(PATIENCE)).data.encode())
    assert isinstance(answer, Response)
    return answer


def proof_for(answer: Response) -> str:
    challenge = Challenge.parse(answer.headers.all("www-authenticate")[0])
    made = Credentials(
        "anna", challenge.realm, challenge.nonce, "sip:example.com", "", challenge.algorithm,
        "auth", "cn", "00000001",
    )  # fmt: skip
    secret = secret_of(challenge.algorithm, "anna", challenge.realm, "pw")
    return str(made).replace('response=""', f'response="{made.expected(secret, "REGISTER")}"')


def test_a_browser_registers_and_its_flow_is_known_until_it_closes(
    border: Border, tmp_path: Path, lo: Loopback
) -> None:
    async def test(session: aiohttp.ClientSession, url: str) -> None:
        async with session.ws_connect(url, protocols=["sip"], origin=ORIGIN) as socket:
            assert socket.protocol == "sip"
            challenge = await asked(socket, register())
            assert challenge.status == 401
            answer = await asked(socket, register(proof_for(challenge), cseq=2))
            assert answer.status == 200
            (binding,) = border.client.registrations()
            assert (binding["user"], binding["transport"]) == ("anna", "wss")
        eventually("the end of the flow is known", lambda: not border.client.registrations(), 2.0)

    browsing(tmp_path, lo, test)


@pytest.mark.parametrize(
    ("origin", "protocols", "path"),
    [
        ("https://evil.example", ["sip"], ""),
        (ORIGIN, ["chat"], ""),
        (ORIGIN, [], ""),
        (ORIGIN, ["sip"], "/elsewhere"),
    ],
)
def test_another_page_protocol_or_path_is_turned_away(
    border: Border,
    tmp_path: Path,
    lo: Loopback,
    origin: str,
    protocols: list[str],
    path: str,
) -> None:
    async def test(session: aiohttp.ClientSession, url: str) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url + path, protocols=protocols, origin=origin)
        assert 400 <= refused.value.status < 500

    browsing(tmp_path, lo, test)
    assert border.running


def test_a_new_certificate_is_shown_and_old_connections_live_on(
    border: Border, tmp_path: Path, lo: Loopback
) -> None:
    async def serial() -> str:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        _, writer = await asyncio.open_connection(lo.wan, PORT, ssl=context)
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return str(hash(shown))

    async def test(session: aiohttp.ClientSession, url: str) -> None:
        async with session.ws_connect(url, protocols=["sip"], origin=ORIGIN) as socket:
            before = await serial()
            (tmp_path / "edge.key").write_text("no key at all")
            await asyncio.sleep(0.5)
            assert await serial() == before, "a broken pair is not taken"
            Authority(tmp_path, "other").pair("edge", lo.wan)
            for _ in range(50):
                if await serial() != before:
                    break
                await asyncio.sleep(0.1)
            else:
                raise AssertionError("the new certificate is not shown")
            assert (await asked(socket, register())).status == 401
            (shown,) = border.client.certificates()
            assert shown["name"] == "edge"

    browsing(tmp_path, lo, test)
