"""A script from a seed: calls with everything that phones, networks and crashes do to them."""

from random import Random

from tests.support.network import Quality
from tests.support.scripts import (
    NEVER,
    CalleeScript,
    CallerScript,
    CallScript,
    Crash,
    Deed,
    Final,
    Manner,
    Reliable,
    Ring,
    Script,
    Step,
)

DEEDS: tuple[Deed, ...] = (
    *("hold", "resume", "hold", "resume", "add video", "drop video", "move"),
    *("ask for an offer", "update", "refresh", "change its mind", "info", "options", "refer"),
    "mute",
)
REFUSALS = (
    *(301, 302, 401, 403, 404, 407, 408, 480, 484, 486, 487, 488, 491),
    *(500, 503, 600, 603),
)
RELIABLE: tuple[Reliable, ...] = ("no", "no", "supported", "supported", "required")


def random_script(seed: int) -> Script:
    random = Random(f"script {seed}")
    calm = random.random() < 0.5
    return Script(
        calls=tuple(_call(random) for _ in range(random.choice((1, 1, 1, 2, 3)))),
        outside=Quality(delay=random.choice((0.001, 0.02, 0.15))) if calm else _bad(random),
        inside=Quality(delay=0.001) if calm or random.random() < 0.5 else _bad(random),
        link=random.choice((0.0005, 0.0005, 0.05, 0.4)),
        crashes=_crashes(random),
        reboots=() if calm or random.random() < 0.7 else (random.uniform(1.0, 12.0),),
        drains=random.uniform(0.5, 15.0) if random.random() < 0.07 else None,
        inserts=random.random() < 0.3,
        tcp=random.random() < 0.25,
        few_ports=random.random() < 0.08,
        guesses=random.random() < 0.25,
    )


def _bad(random: Random) -> Quality:
    return Quality(
        delay=random.choice((0.005, 0.05, 0.2)),
        jitter=random.choice((0.0, 0.02, 0.3)),
        loss=random.choice((0.0, 0.03, 0.12)),
        copies=random.choice((0.0, 0.05, 0.3)),
        late=random.choice((0.0, 0.02, 0.1)),
    )


def _crashes(random: Random) -> tuple[Crash, ...]:
    if random.random() < 0.75:
        return ()
    return tuple(
        Crash(
            at=random.uniform(0.9, 12.0),
            unnoticed=random.choice((0.001, 0.05, 2.0, 8.0)),
            down=random.choice((0.01, 0.5, 5.0)),
            survives=random.random() < 0.3,
        )
        for _ in range(random.choice((1, 1, 2)))
    )


def _call(random: Random) -> CallScript:
    inwards = random.random() < 0.7
    callees = [_callee(random)]
    if inwards and random.random() < 0.5:
        callees.append(_callee(random))
    return CallScript(
        at=random.choice((0.0, 0.0, random.uniform(0.0, 4.0))),
        inwards=inwards,
        caller=_caller(random),
        callees=tuple(callees),
    )


def _caller(random: Random) -> CallerScript:
    gives_up = random.choice((0.0, 0.02, random.uniform(0.0, 3.0)))
    return CallerScript(
        offer=random.choice(("audio", "audio", "audio and video", "none")),
        reliable=random.choice(RELIABLE),
        gives_up=gives_up if random.random() < 0.25 else None,
        by_bye=random.random() < 0.3,
        manner=_manner(random),
        steps=_steps(random),
        early=_early_steps(random) if random.random() < 0.15 else (),
    )


def _early_steps(random: Random) -> tuple[Step, ...]:
    deeds: tuple[Deed, ...] = ("update", "refresh", "info", "options")
    count = random.choice((1, 1, 2))
    return tuple(Step(random.uniform(0.0, 1.0), random.choice(deeds)) for _ in range(count))


def _callee(random: Random) -> CalleeScript:
    forks = random.choice((1, 1, 1, 2, 3))
    rings = sorted(random.uniform(0.0, 2.0) for _ in range(random.choice((0, 1, 1, 2, 3))))
    return CalleeScript(
        rings=tuple(
            Ring(
                after=at,
                status=random.choice((180, 180, 183, 181)),
                fork=random.randrange(forks),
                media=random.random() < 0.5,
                reliable=random.random() < 0.5,
            )
            for at in rings
        ),
        final=_final(random, forks),
        shifts=random.random() < 0.2,
        manner=_manner(random),
        steps=_steps(random),
    )


def _final(random: Random, forks: int) -> Final:
    kind = random.random()
    status = 200
    if kind < 0.2:
        status = random.choice(REFUSALS)
    elif kind < 0.25:
        status = random.choice((0, -1))
    second = random.choice((0.0, 0.05, 1.0))
    return Final(
        after=random.choice((0.0, 0.3, random.uniform(0.0, 4.0))),
        status=status,
        fork=random.randrange(forks),
        second_after=second if forks > 1 and random.random() < 0.5 else None,
    )


def _manner(random: Random) -> Manner:
    return Manner(
        thinks=random.choice((0.0, 0.0, random.uniform(0.0, 2.0))),
        refuses=random.random() < 0.1,
        deaf=random.choice((1, 3, NEVER)) if random.random() < 0.15 else 0,
        proxied=random.random() < 0.3,
        rude=random.random() < 0.15,
    )


def _steps(random: Random) -> tuple[Step, ...]:
    """Ends by hanging up, or vanishing; or leaves that to the other end, or to the border."""
    count = random.choice((0, 0, 1, 1, 2, 3, 5))
    whole = random.random() < 0.3  # both ends at the same time, perhaps
    times = [random.uniform(0.0, 9.0) for _ in range(count)]
    steps = [Step(float(round(at)) if whole else at, random.choice(DEEDS)) for at in sorted(times)]
    last = random.choice((0.0, random.uniform(0.0, 12.0), 12.0))
    end = random.random()
    if end < 0.6:
        steps.append(Step(last, "hang up"))
    elif end < 0.7:
        steps.append(Step(last, "vanish"))
    return tuple(steps)
