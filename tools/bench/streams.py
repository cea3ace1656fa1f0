"""Drives the generator of `rtp`: watches its phases, takes the subject's cost in each."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from threading import Timer

from tools.bench.figures import per_item
from tools.bench.processes import LOAD_CORE, Broken, Process, inherit_priority, on_core, spent
from tools.bench.rtp import End, Heard, Phase
from tools.bench.subject import CALLED, CALLER, Relay

FIRST_PORT = 30_000
_SPARE = 20.0
"""Seconds that the generator may take beyond its phases."""


@dataclass(frozen=True, slots=True)
class Carried:
    heard: Heard
    cpu: float
    """Seconds of processor time of the subject in this phase."""

    @property
    def microseconds(self) -> float:
        """Of processor time a packet that arrived."""
        return 1e6 * per_item(self.cpu, self.heard.delivered)

    @property
    def load(self) -> float:
        """1: one core all the time."""
        return self.cpu / self.heard.seconds


def direct(calls: int) -> list[End]:
    """The baseline: the two ends of each call at one another."""
    return [
        end
        for call in range(calls)
        for end in (End(caller_at(call), called_at(call)), End(called_at(call), caller_at(call)))
    ]


def through(relay: Relay, calls: int) -> list[End]:
    ends = []
    for call in range(calls):
        near, far = relay.connect(call, caller_at(call), called_at(call))
        ends += [End(caller_at(call), near), End(called_at(call), far)]
    return ends


def carry(
    ends: Sequence[End], phases: Sequence[Phase], processes: Sequence[Process] = ()
) -> dict[str, Carried]:
    """Raises Broken when the generator fails."""
    with on_core(LOAD_CORE):
        generator = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.rtp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    inherit_priority(generator.pid)
    limit = Timer(sum(phase.seconds for phase in phases) + _SPARE, generator.kill)
    limit.start()
    try:
        return _followed(generator, ends, phases, processes)
    finally:
        limit.cancel()
        generator.kill()
        generator.wait()
        for pipe in (generator.stdin, generator.stdout):
            if pipe is not None:
                pipe.close()


def _followed(
    generator: "subprocess.Popen[str]",
    ends: Sequence[End],
    phases: Sequence[Phase],
    processes: Sequence[Process],
) -> dict[str, Carried]:
    assert generator.stdin is not None
    assert generator.stdout is not None
    plan = {"ends": [asdict(end) for end in ends], "phases": [asdict(each) for each in phases]}
    generator.stdin.write(json.dumps(plan))
    generator.stdin.close()
    at: dict[str, list[float]] = {}
    for line in generator.stdout:
        message = json.loads(line)
        if "heard" in message:
            heard = [Heard(**each) for each in message["heard"]]
            return {
                each.phase: Carried(each, at[each.phase][1] - at[each.phase][0]) for each in heard
            }
        (name,) = message.values()
        at.setdefault(name, []).append(spent(processes))
    raise Broken("the generator of RTP has failed")


def caller_at(call: int) -> tuple[str, int]:
    return CALLER, FIRST_PORT + 2 * call


def called_at(call: int) -> tuple[str, int]:
    return CALLED, FIRST_PORT + 2 * call
