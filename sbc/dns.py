"""Asks the DNS for the core (RFC 3263): the resolver of the host, or the servers that are named.

Whatever happens, each question gets one answer, and be it that there was none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import aiodns
import pycares

from sbc.location.records import (
    Answer,
    Found,
    Host,
    Naptr,
    Nothing,
    Question,
    Record,
    Srv,
    Unanswered,
    plain,
)

log = logging.getLogger(__name__)

TIMEOUT = 2.0
"""Seconds for one server to answer one time."""
TRIES = 2
MOST_AT_ONCE = 64
"""Questions that are out; the others wait their turn."""

_NOTHING = frozenset({pycares.errno.ARES_ENODATA, pycares.errno.ARES_ENOTFOUND})
_SILENT = frozenset({pycares.errno.ARES_ETIMEOUT, pycares.errno.ARES_ECONNREFUSED})

Heard = Callable[[Question, Answer], None]


class Resolver:
    """Made inside the loop that it runs on."""

    def __init__(self, servers: Sequence[tuple[str, int]], heard: Heard) -> None:
        """`servers`: address and port; none: those of the host."""
        named = [f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip, port in servers]
        # Names stand in full in the configuration: no search list is gone through.
        self._resolver = aiodns.DNSResolver(
            nameservers=named or None, timeout=TIMEOUT, tries=TRIES, domains=[]
        )
        self._heard = heard
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, question: Question) -> None:
        task = asyncio.get_running_loop().create_task(self._ask(question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self._resolver.close()

    async def _ask(self, question: Question) -> None:
        try:
            async with self._turn:
                result = await self._resolver.query_dns(question.name, question.type)
            answer = read(result.answer, question)
        except aiodns.error.DNSError as error:
            answer = failure(error.args[0] if error.args else None)
        except Exception:
            log.exception("a fault while asking for %s", question)
            answer = Unanswered("refused")
        self._heard(question, answer)


def failure(code: object) -> Answer:
    if code in _NOTHING:
        return Nothing()
    return Unanswered("timeout" if code in _SILENT else "refused")


def read(records: Sequence[pycares.DNSRecord], question: Question) -> Answer:
    """Those of the type that was asked for; what else is there, such as CNAME, has led to them."""
    found: list[Record] = []
    ttls: list[float] = []
    for record in records:
        ttls.append(float(record.ttl))
        match record.data:
            case pycares.NAPTRRecordData() as data if question.type == "NAPTR":
                found.append(
                    Naptr(
                        data.order,
                        data.preference,
                        data.flags,
                        data.service,
                        data.regexp,
                        plain(data.replacement),
                    )
                )
            case pycares.SRVRecordData() as data if question.type == "SRV":
                found.append(Srv(data.priority, data.weight, data.port, plain(data.target)))
            case pycares.ARecordData() | pycares.AAAARecordData() as data if question.type in {
                "A",
                "AAAA",
            }:
                found.append(Host(data.addr))
            case _:
                continue
    return Found(tuple(found), min(ttls)) if found else Nothing(min(ttls, default=None))
