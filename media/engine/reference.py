"""The reference engine: one epoll loop over plain UDP sockets. What it does, others must do.

Each port has an unconnected socket, whose packets all go up to the core. An installed flow has a
second socket on the same port, connected to its source: so the kernel does the exact matching, and
whatever comes from elsewhere still reaches the first one. What is ready is read once in a turn, one
packet of each socket: nobody starves, and no packet costs a second, vain read. The unconnected
sockets stand behind an epoll of their own, of which little is taken in a turn, so that a flood of
strangers does not delay calls.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from select import EPOLLIN, epoll
from socket import socket
from time import monotonic, sleep

from media.control import Address
from media.engine.flow import Flow, Local, Send, Up, carries
from media.engine.lane import Fast, Lane, Port, writer
from media.engine.sockets import connected, listening, queue_for
from media.overrun import dropped
from media.rtp import is_rtp

SETTLE = 0.002
"""Seconds for which a new lane is read with care: see `_settle`."""

BUSY = 5000
"""Packets a second from which on they are gathered."""
GATHER = 0.0001
"""Seconds. To be woken costs more than a packet does: of many, some are let come together."""
_WINDOW = 0.1
"""Seconds over which packets are counted to know if we are busy."""

_EVENTS = 256
_STRANGERS = 16
"""Packets of all unconnected sockets, in one turn."""
_FULL_QUEUE = 512
"""No socket holds more packets than this."""
_LARGEST = 65_536
_LOOKED_AT = 64
"""Ports whose drops are counted in one go."""

Watcher = Callable[[int, float], None]
"""Takes the epoll events of a file, and the time."""


class ReferenceEngine:
    def __init__(
        self,
        addresses: Mapping[str, str],
        up: Up,
        fault: Callable[[Local, float], None],
        clock: Callable[[], float] = monotonic,
        pause: Callable[[float], None] = sleep,
        marks: Mapping[str, int | None] | None = None,
        inside: Mapping[str, str] | None = None,
    ) -> None:
        """`addresses`: where the interfaces are bound; `marks`: the DSCP of each. `fault` is told
        of an error of ours. `inside`: our addresses as peers see them, and as we have them: what
        goes there, to a client of our TURN server, need not go out and come back."""
        self._inside = {shown: bind for shown, bind in (inside or {}).items() if shown != bind}
        self._marks = marks or {}
        self._addresses = addresses
        self._up = up
        self._fault = fault
        self._clock = clock
        self._pause = pause
        self._busy = False
        self._window, self._in_window = clock(), 0
        self._buffer = bytearray(_LARGEST)
        self._view = memoryview(self._buffer)
        self._ports: dict[Local, Port] = {}
        self._listeners: dict[int, Port] = {}
        self._lanes: dict[int, Lane] = {}
        self._fast: dict[int, Fast] = {}
        self._transforming: dict[int, Lane] = {}
        """Lanes whose packets are made into others. They cost the fast ones nothing."""
        self._young: deque[tuple[float, Lane]] = deque()
        self._watchers: dict[int, Watcher] = {}
        self._overrun: Counter[str] = Counter()
        self._tour: Iterator[Port] = iter(())
        self._epoll, self._strangers = epoll(), epoll()
        self.watch(self._strangers.fileno(), EPOLLIN, self._hear_strangers)

    # --- the turn ---------------------------------------------------------------------------------

    def turn(self, timeout: float) -> float:
        """Waits for packets, at most `timeout` seconds, and carries one of each socket; the time.

        One reading of the clock serves all: what is ready had come before it.
        """
        if self._busy:
            self._pause(GATHER)
        events = self._epoll.poll(min(timeout, SETTLE) if self._young else timeout, _EVENTS)
        now = self._clock()
        fast, buffer, view = self._fast, self._buffer, self._view
        for file, event in events:
            lane = fast.get(file)
            if lane is None:
                self._watched(file, event, now)
                continue
            read, record, write, counts = lane
            size = -1
            try:
                size = read(buffer)
                # First what is_rtp() says of nearly every packet, without the call.
                common = size >= 12 and buffer[0] == 0x80 and not 191 < buffer[1] < 224
                if not common and not is_rtp(buffer, size):
                    self._surprise(file, size, now)
                    continue
                record(buffer, size, now)
                if write is None:
                    counts.held += 1
                else:
                    write(view[:size])
                    counts.forwarded += 1
            except OSError as error:
                self._trouble(self._lanes[file], None if size < 0 else view[:size], error)
            except Exception:
                self._fault(self._lanes[file].flow.local, now)
        self._in_window += len(events)
        if now - self._window >= _WINDOW:
            self._busy = self._in_window >= BUSY * (now - self._window)
            self._window, self._in_window = now, 0
        if self._young and self._young[0][0] <= now:
            self._settle(now)
        return now

    def _watched(self, file: int, event: int, now: float) -> None:
        """No plain flow: one that transforms, or what else the loop waits for."""
        lane = self._transforming.get(file)
        if lane is not None:
            self._transform(lane, now)
            return
        watcher = self._watchers.get(file)
        if watcher is not None:  # else it was closed earlier in this turn
            watcher(event, now)

    def _transform(self, lane: Lane, now: float) -> None:
        """The same turn for one packet of a flow with transforms."""
        flow = lane.flow
        leaving: bytes | None = None
        try:
            size = lane.socket.recv_into(self._buffer)
            came = bytes(self._view[:size])
            if not carries(flow, came):
                self._up(flow.local, came, flow.source, now)
                return
            data = came if flow.inbound is None else flow.inbound(came)
            if data is None:
                return
            flow.reception.packet(data, len(data), now)
            if lane.write is None:
                flow.counts.held += 1
                return
            leaving = data if flow.outbound is None else flow.outbound(data)
            if leaving is not None:
                lane.write(leaving)
                flow.counts.forwarded += 1
        except OSError as error:
            self._trouble(lane, leaving, error)
        except Exception:
            self._fault(flow.local, now)

    def _surprise(self, file: int, size: int, now: float) -> None:
        flow = self._lanes[file].flow
        self._up(flow.local, bytes(self._view[:size]), flow.source, now)

    def _trouble(self, lane: Lane, leaving: memoryview | bytes | None, error: OSError) -> None:
        """Nothing to read after all, the peer's host refuses, or the packet cannot leave."""
        counts = lane.flow.counts
        refused = isinstance(error, ConnectionRefusedError)
        if leaving is None or lane.write is None:
            if refused:
                counts.refuse(self._clock())
            return
        if refused:  # an earlier packet was; this one has not been tried
            self._refused(lane.flow.egress, lane.flow.destination)
            try:
                lane.write(leaving)
            except OSError:
                pass
            else:
                counts.forwarded += 1
                return
        counts.unsent += 1

    def _refused(self, egress: Local, destination: Address | None) -> None:
        """Told by the socket that is connected there: it is about what went out."""
        port = self._ports.get(egress)
        if port is not None and destination in port.lanes:
            port.lanes[destination].flow.counts.refuse(self._clock())

    def _hear_strangers(self, _: int, now: float) -> None:
        for file, _event in self._strangers.poll(0, _STRANGERS):
            port = self._listeners.get(file)
            if port is not None:
                self._hear(port.socket, port.local, now)

    def _hear(self, udp: socket, local: Local, now: float) -> bool:
        try:
            size, source = udp.recvfrom_into(self._buffer)
        except OSError:
            return False
        self._up(local, bytes(self._view[:size]), source[:2], now)
        return True

    def _settle(self, now: float) -> None:
        """New lanes become fast ones.

        Before it was connected the socket may have been given packets of others, and the last of
        them (on its way on another core) even a moment later. So what has come in the first
        milliseconds goes up with its real source; after that, all is the peer's.
        """
        young = self._young
        while young and young[0][0] <= now:
            lane = young.popleft()[1]
            for _ in range(_FULL_QUEUE):
                if lane.socket.fileno() < 0 or not self._hear(lane.socket, lane.flow.local, now):
                    break
            file = lane.socket.fileno()
            if file >= 0:  # else the core has removed it meanwhile
                self._lanes[file] = lane
                self._arm(lane)
                self._epoll.register(file, EPOLLIN)

    # --- what else the loop waits for -------------------------------------------------------------

    def watch(self, file: int, events: int, watcher: Watcher) -> None:
        """Calls `watcher` when `file` is ready; again for one that is watched to change it."""
        if file in self._watchers:
            self._epoll.modify(file, events)
        else:
            self._epoll.register(file, events)
        self._watchers[file] = watcher

    def unwatch(self, file: int) -> None:
        del self._watchers[file]
        self._epoll.unregister(file)

    # --- the flow table ---------------------------------------------------------------------------

    def bind(self, local: Local, kind: str) -> bool:
        interface, number = local
        queue, mark = queue_for(kind), self._marks.get(interface)
        opened: list[Port] = []
        try:
            for port in (number, number + 1):
                udp = listening((self._addresses[interface], port), queue, mark)
                opened.append(Port((interface, port), udp, queue))
        except OSError:
            for each in opened:
                each.socket.close()
            return False
        for each in opened:
            self._ports[each.local] = each
            self._listeners[each.socket.fileno()] = each
            self._strangers.register(each.socket.fileno(), EPOLLIN)
        return True

    def unbind(self, local: Local) -> None:
        for each in (local, (local[0], local[1] + 1)):
            port = self._ports.pop(each, None)
            if port is not None:
                for lane in list(port.lanes.values()):
                    self._close(lane, port)
                for feeder in port.feeders:
                    self._aim(feeder)
                del self._listeners[port.socket.fileno()]
                self._overrun[each[0]] += port.newly_dropped()
                port.socket.close()

    def install(self, flow: Flow) -> None:
        port = self._ports[flow.local]
        lane = port.lanes.get(flow.source)
        if lane is None:
            try:
                mark = self._marks.get(flow.local[0])
                udp = connected(port.socket, flow.source, port.queue, mark)
            except OSError:
                return  # No more files, or no route: its packets go on by way of the core.
            lane = port.lanes[flow.source] = Lane(flow, udp)
            self._young.append((self._clock() + SETTLE, lane))
            for feeder in port.feeders:
                self._aim(feeder)
        else:
            self._leave_egress(lane)
            lane.flow = flow
        egress = self._ports.get(flow.egress)
        if egress is not None:
            egress.feeders.append(lane)
        self._aim(lane)

    def remove(self, local: Local, source: Address) -> None:
        port = self._ports[local]
        lane = port.lanes.get(source)
        if lane is not None:
            self._close(lane, port)
            for feeder in port.feeders:
                self._aim(feeder)

    def send(self, send: Send) -> None:
        port = self._ports.get(send.local)
        try:
            writer(port, self._here(send.to))(memoryview(send.data))
        except OSError:
            if send.counts is not None:
                send.counts.unsent += 1
            return
        if send.counts is not None:
            send.counts.forwarded += 1

    def _aim(self, lane: Lane) -> None:
        """Towards where the lane's packets go, by the best way there is now."""
        flow = lane.flow
        lane.write = None
        if flow.forward:
            destination = flow.destination and self._here(flow.destination)
            lane.write = writer(self._ports.get(flow.egress), destination)
        if lane.socket.fileno() in self._lanes:
            self._arm(lane)

    def _here(self, destination: Address) -> Address:
        bind = self._inside.get(destination[0])
        return destination if bind is None else (bind, destination[1])

    def _arm(self, lane: Lane) -> None:
        flow, udp = lane.flow, lane.socket
        file = udp.fileno()
        if flow.up or flow.inbound is not None or flow.outbound is not None:
            self._fast.pop(file, None)
            self._transforming[file] = lane
            return
        self._transforming.pop(file, None)
        self._fast[file] = (
            udp.recv_into,
            flow.reception.packet,
            lane.write,
            flow.counts,
        )

    def _close(self, lane: Lane, port: Port) -> None:
        del port.lanes[lane.flow.source]
        self._leave_egress(lane)
        file = lane.socket.fileno()
        self._lanes.pop(file, None)
        self._fast.pop(file, None)
        self._transforming.pop(file, None)
        port.dropped_before += dropped(lane.socket)
        lane.socket.close()

    def _leave_egress(self, lane: Lane) -> None:
        egress = self._ports.get(lane.flow.egress)
        if egress is not None and lane in egress.feeders:
            egress.feeders.remove(lane)

    # --- for operators ----------------------------------------------------------------------------

    def dropped_at(self, local: Local) -> int:
        port = self._ports.get(local)
        return 0 if port is None else port.dropped()

    def overrun(self) -> Mapping[str, int]:
        """As `tally` last found it."""
        return self._overrun

    def tally(self) -> None:
        """Looks at some sockets: to ask all of them at once would hold up packets."""
        for _ in range(_LOOKED_AT):
            port = next(self._tour, None)
            if port is None:
                self._tour = iter(list(self._ports.values()))
                return
            if port.socket.fileno() >= 0:
                self._overrun[port.local[0]] += port.newly_dropped()

    def sockets(self) -> int:
        return sum(1 for _ in self._all())

    def close(self) -> None:
        for udp in list(self._all()):
            udp.close()
        self._strangers.close()
        self._epoll.close()

    def _all(self) -> Iterator[socket]:
        for port in self._ports.values():
            yield port.socket
            yield from (lane.socket for lane in port.lanes.values())
