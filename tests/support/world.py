"""A whole border between scripted phones, in virtual time and from a seed; nothing in it is real.

`World(seed).run(script)` plays a script until nothing is left that could ever happen. The same seed
and script make the same run, to the byte. To see the run of a seed, with all that is wrong with it:

    python -m tests.support.world SEED [--smallest]
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from heapq import heappop, heappush
from itertools import chain
from random import Random

from media.ports import MediaInterface
from sbc.actions import (
    Action,
    AskRelay,
    Flow,
    Journal,
    Note,
    Resolve,
    RevokeTurn,
    StoreBinding,
    Transmit,
    Transport,
)
from sbc.core import Core
from sbc.sip.message import Request
from sbc.tokens import Tokens
from sbc.transaction.layer import Key
from tests.support.configs import config
from tests.support.engine import ForCore, RelayProcess
from tests.support.nat import Nat
from tests.support.neighbourhood import (
    BEHIND_NAT,
    BORDER,
    CONFIG,
    FEW_PORTS,
    INTERFACES,
    NAT,
    PHONES,
    PORTS,
    QUARANTINE,
    SECRETS,
    ZONES,
    config_text,
)
from tests.support.network import Address, Datagram, Network
from tests.support.phone_callee import CalleeCall
from tests.support.phone_caller import CallerCall
from tests.support.phone_text import Self
from tests.support.phones import SIP_PORT, Phone
from tests.support.scripts import CallScript, Crash, Script

BEGIN = 1000.0
THE_END = 1000.0
"""Seconds of virtual time, by which everything must be over."""


class World:
    def __init__(self, seed: int, text: str = CONFIG) -> None:
        self.seed = seed
        self.text = text
        self.now = BEGIN
        self.network = Network(Random(f"network {seed}"), {})
        self.nat = Nat(NAT, Random(f"nat {seed}"))
        self.phones = {name: self._phone(name, zone, ip) for name, (zone, ip) in PHONES.items()}
        self._hosts = {
            where: self.phones[name] for name, where in PHONES.items() if name not in BEHIND_NAT
        }
        self.strays: list[Datagram] = []
        """Sent to where nobody is."""
        self.strangers: dict[tuple[str, str], list[Datagram]] = {}
        """What they got, by wire and address."""
        self.relay = RelayProcess(Random(f"relay {seed}"))
        self.core: Core
        self.callers: list[CallerCall] = []
        self.callees: dict[int, list[CalleeCall]] = {}
        self.journal: list[tuple[float, Journal]] = []
        self.notes: list[tuple[float, Note]] = []
        self.script = Script()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self.after_each: Callable[[], None] = lambda: None
        """Looks on, after each instant."""
        self.tamper: Callable[[Action], Sequence[Action]] = lambda action: (action,)
        """Puts something else in place of what the signalling core wants done."""

    def _phone(self, name: str, zone: str, ip: str) -> Phone:
        random = Random(f"{name} {self.seed}")
        phone = Phone(name, Self(ip, SECRETS[zone]), BORDER[zone], random, self.now)
        phone.invited = self._invited
        return phone

    # --- a run ------------------------------------------------------------------------------------

    def run(self, script: Script) -> World:
        self.script = script
        self.network.wires = {
            "outside": script.outside,
            "inside": script.inside,
            "annex": script.inside,
        }
        if script.guesses:
            self.phones["alice"].guess(NAT)
        if script.tcp:
            self.phones["bob"].speak_tcp()
        self.core = Core(
            config(config_text(script, self.text)),
            Tokens(f"core {self.seed}".encode()),
            epoch=1.7e9,
        )
        ports = FEW_PORTS if script.few_ports else PORTS
        self.relay.interfaces = {
            INTERFACES[zone]: MediaInterface((BORDER[zone],), *ports[zone], QUARANTINE)
            for zone in BORDER
        }
        self.relay.link = script.link
        self.relay.start(self.now)
        self._plan(script)
        while (at := self._next()) is not None and at < BEGIN + THE_END:
            self.now = max(self.now, at)
            self._instant()
            self.after_each()
        return self

    def later(self, delay: float, step: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._due, (self.now + delay, self._order, step))

    @property
    def over(self) -> bool:
        """Nothing is left that could ever happen."""
        return self._next() is None

    def _plan(self, script: Script) -> None:
        for index, call in enumerate(script.calls):
            self._plan_call(index, call)
        for crash in script.crashes:
            self.later(crash.at, partial(self.crash, crash))
        for at in script.reboots:
            self.later(at, self.nat.forget)
        if script.drains is not None:
            self.later(script.drains, lambda: self._perform(self.core.drain(self.now)))

    def _plan_call(self, index: int, call: CallScript) -> None:
        phone = self.phones["alice" if call.inwards else "bob"]
        number = f"7{index:03d}"

        def begin() -> None:
            phone.now = self.now
            caller = CallerCall(phone, index, number, call.caller)
            self.callers.append(caller)
            caller.start()

        self.later(1.0 + call.at, begin)  # the relay must have come up

    def crash(self, crash: Crash) -> None:
        if not self.relay.linked:
            return  # one misfortune at a time
        if crash.survives:
            self.relay.cut(self.now)
        else:
            self.relay.crash()
        self.later(crash.unnoticed, lambda: self._give(self.relay.lose()))
        back = self.relay.connect if crash.survives else self.relay.start
        self.later(crash.unnoticed + crash.down, lambda: back(self.now))

    def _invited(self, phone: Phone, key: Key, request: Request) -> CalleeCall | None:
        user = request.uri.partition(":")[2].partition("@")[0]
        index = int(user[1:])
        call = self.script.calls[index]
        place = 1 if phone.name == "ben" else 0
        if place >= len(call.callees):
            return None
        callee = CalleeCall(phone, index, call.callees[place], key, request)
        self.callees.setdefault(index, []).append(callee)
        return callee

    # --- an instant -------------------------------------------------------------------------------

    def _next(self) -> float | None:
        times = [self._due[0][0] if self._due else None]
        times += [self.network.next_deadline(), self.core.next_deadline()]
        times.append(self.relay.next_deadline())
        times += [phone.next_deadline() for phone in self.phones.values()]
        return min((at for at in times if at is not None), default=None)

    def _instant(self) -> None:
        """All that is due now, each input with all of its outputs."""
        while self._due and self._due[0][0] <= self.now:
            heappop(self._due)[2]()
        for datagram in self.network.arrived(self.now):
            self._arrive(datagram)
        deadline = self.core.next_deadline()
        if deadline is not None and deadline <= self.now:
            self._perform(self.core.handle_timeout(self.now))
        for give in self.relay.handle_timeout(self.now):
            self._give(give)
        self._carry_media()
        for phone in self.phones.values():
            deadline = phone.next_deadline()
            if deadline is not None and deadline <= self.now:
                phone.handle_timeout(self.now)
            self._carry(phone)

    def _give(self, give: ForCore) -> None:
        self._perform(give(self.core, self.now))

    def _perform(self, actions: Sequence[Action]) -> None:
        for action in chain.from_iterable(map(self.tamper, actions)):
            match action:
                case Transmit(data, flow):
                    zone = ZONES[flow.interface]
                    source = (BORDER[zone], SIP_PORT)
                    datagram = Datagram(zone, source, flow.remote, data, reliable=flow.reliable)
                    self.network.send(datagram, self.now)
                case AskRelay(serial, command):
                    self.relay.ask(serial, command, self.now)
                case Journal():
                    self.journal.append((self.now, action))
                case StoreBinding() | Resolve() | RevokeTurn():
                    pass  # no phone registers in this world, and no endpoint is a name
                case Note():
                    self.notes.append((self.now, action))

    def _carry_media(self) -> None:
        for sent in self.relay.sent():
            interface, port = sent.local
            zone = ZONES[interface]
            datagram = Datagram(zone, (BORDER[zone], port), sent.to, sent.data)
            self.network.send(datagram, self.now)

    def _carry(self, phone: Phone) -> None:
        out, phone.out = phone.out, []
        for source, to, data in out:
            zone = PHONES[phone.name][0]
            seen = self.nat.outward(source, to) if phone.name in BEHIND_NAT else source
            reliable = to[1] == SIP_PORT and phone.reliable
            self.network.send(Datagram(zone, seen, to, data, reliable=reliable), self.now)

    def _arrive(self, datagram: Datagram) -> None:
        zone, (ip, port) = datagram.wire, datagram.to
        if ip == BORDER[zone]:
            self._arrive_at_the_border(datagram)
        elif ip == NAT:
            inner = self.nat.inward(datagram.source, datagram.to)
            if inner is not None:
                self._ring(self.phones["alice"], datagram, inner)
        elif (zone, ip) in self._hosts:
            self._ring(self._hosts[zone, ip], datagram, (ip, port))
        elif (zone, ip) in self.strangers:
            self.strangers[zone, ip].append(datagram)
        else:
            self.strays.append(datagram)

    def _ring(self, phone: Phone, datagram: Datagram, to: Address) -> None:
        phone.receive(datagram.source, to, datagram.data, self.now)
        self._carry(phone)

    def _arrive_at_the_border(self, datagram: Datagram) -> None:
        interface, port = INTERFACES[datagram.wire], datagram.to[1]
        if port == SIP_PORT:
            transport: Transport = "tcp" if datagram.reliable else "udp"
            flow = Flow(interface, transport, datagram.source)
            self._perform(self.core.receive(datagram.data, flow, self.now))
        else:
            self.relay.arrive(interface, port, datagram.data, datagram.source, self.now)
            self._carry_media()

    # --- what it was ------------------------------------------------------------------------------

    def digest(self) -> str:
        """Of every datagram, note and record, in order."""
        seen = blake2b(digest_size=16)
        for crossing in self.network.crossed:
            seen.update(repr(crossing).encode())
        for entry in (*self.journal, *self.notes):
            seen.update(repr(entry).encode())
        return seen.hexdigest()


def _fails(seed: int, script: Script) -> bool:
    from tests.support.invariants import breaches  # noqa: PLC0415

    return bool(breaches(World(seed).run(script)))


def main(arguments: Sequence[str]) -> int:
    """Show the run of each seed; fails if anything is wrong with one."""
    # They look at worlds: they cannot be imported before there are any.
    from tests.support.invariants import breaches  # noqa: PLC0415
    from tests.support.ladders import picture  # noqa: PLC0415
    from tests.support.random_scripts import random_script  # noqa: PLC0415
    from tests.support.smaller import smallest  # noqa: PLC0415

    parser = ArgumentParser("python -m tests.support.world", description=main.__doc__)
    parser.add_argument("seeds", nargs="+", type=int, metavar="SEED")
    text = "leave out of a failing script whatever it fails without"
    parser.add_argument("--smallest", action="store_true", help=text)
    asked = parser.parse_args(arguments)
    wrong = 0
    for seed in asked.seeds:
        script = random_script(seed)
        if asked.smallest:
            script = smallest(script, partial(_fails, seed))
        world = World(seed).run(script)
        for line in picture(world):
            sys.stdout.write(f"{line}\n")
        for breach in breaches(world):
            wrong += 1
            sys.stdout.write(f"WRONG: {breach}\n")
        sys.stdout.write(f"seed {seed}: {world.digest()}\n")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
