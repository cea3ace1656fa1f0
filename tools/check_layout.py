"""The shape of the tree, checked: modules and tests pair up, and no module grows fat."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("config", "sbc", "media", "stun_turn")
MOST_LINES = 400
EMPTY_NAMES = {"utils", "helpers", "manager", "common", "base", "misc"}
OUTSIDE_THE_MIRROR = {"e2e", "rfc", "fuzz", "simulation", "support"}
"""Folders of `tests` which cut across the tree instead of mirroring it."""

WITHOUT_TWIN = {
    "config/fields.py": "declarations only; read through config/test_loader.py",
    "config/interfaces.py": "declarations only; read through config/test_loader.py",
    "config/zones.py": "declarations only; read through config/test_loader.py",
    "config/monitoring.py": "declarations only; read through config/test_loader.py",
    "config/access.py": "declarations only; read through config/test_loader.py",
    "config/peers.py": "declarations only; read through config/test_loader.py",
    "config/routing.py": "declarations only; read through config/test_loader.py",
    "config/srtp.py": "declarations only; read through config/test_loader.py",
    "config/turn.py": "declarations only; read through config/test_loader.py",
    "config/model.py": "declarations only; read through config/test_loader.py",
    "sbc/registrar/line.py": "a protocol",
    "media/control.py": "declarations only; its wire form is tested in media/test_wire.py",
    "media/plan.py": "declarations only; its wire form is tested in media/test_wire.py",
    "media/measured.py": "declarations only; its wire form is tested in media/test_wire.py",
    "media/ng/settings.py": "declarations only",
    "media/ng/talk.py": "the data of a call; what happens to it is tested with its handlers",
    "sbc/actions.py": "declarations only",
    "sbc/b2bua/call.py": "the data of a call; what happens to it is tested with its handlers",
    "sbc/b2bua/events.py": "declarations only",
    "sbc/proxy/calls.py": "whole flows; tests/simulation/test_s16_calls.py",
    "sbc/proxy/roles.py": "whole flows; tests/simulation/test_s16_proxy.py, test_s16_stateless.py",
    "sbc/proxy/stateful.py": "whole flows; tests/simulation/test_s16_proxy.py",
    "sbc/proxy/stateless.py": "whole flows; tests/simulation/test_s16_stateless.py",
    "sbc/proxy/ways.py": "whole flows; tests/simulation/test_s16_proxy.py",
    "sbc/registrar/binding.py": "a value; tests/sbc/registrar/test_bindings.py",
    "sbc/registrar/phones.py": "whole flows; tests/simulation/test_a1_edge_authentication.py",
    "sbc/nat/keeper.py": "whole flows; tests/simulation/test_n5_keepalive.py",
    "sbc/nat/keepers.py": "whole flows; tests/simulation/test_n5_keepalive.py",
    "sbc/registrar/absorbing.py": "whole flows; tests/simulation/test_n6_absorbing.py",
    "sbc/registrar/relaying.py": "whole flows; tests/simulation/test_a4_relaying.py",
    "sbc/registrar/registrar.py": "whole flows; tests/simulation/test_n6_registrations.py",
    "sbc/location/finder.py": "whole flows; tests/simulation/test_s15_names.py",
    "sbc/b2bua/page.py": "whole flows; tests/simulation/test_s2_messages.py",
    "sbc/b2bua/body/conference.py": "a table; tested with every type in body/test_kinds.py",
    "sbc/b2bua/body/lists.py": "tables; tested with every type in body/test_kinds.py",
    "sbc/b2bua/body/presence.py": "a table; tested with every type in body/test_kinds.py",
    "sbc/b2bua/subscription/half.py": "whole flows; tests/simulation/test_s2_subscriptions.py",
    "sbc/b2bua/subscription/named.py": "whole flows; tests/simulation/test_z6_bodies.py",
    "sbc/b2bua/subscription/publications.py": "whole flows; tests/simulation/test_s2_publish.py",
    "sbc/b2bua/subscription/subscription.py": "whole flows; simulation/test_s2_subscriptions.py",
    "sbc/b2bua/subscription/subscriptions.py": "whole flows; simulation/test_s2_subscriptions.py",
    "sbc/b2bua/subscription/watch.py": "whole flows; tests/simulation/test_s2_subscriptions.py",
    "sbc/demo/app.py": "starts whole processes; run by tests/e2e/test_demo.py",
    "stun_turn/actions.py": "declarations only",
    "stun_turn/settings.py": "declarations only",
    "sbc/demo/stage.py": "real sockets at a real pace; run by tests/e2e/test_demo.py",
}
"""Modules with no logic of their own, each by name and with the reason."""


def problems(root: Path) -> Iterator[str]:
    modules = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    for module in modules:
        yield from module_problems(root, module)
    for test in sorted((root / "tests").rglob("test_*.py")):
        yield from test_problems(root, test)


def module_problems(root: Path, module: Path) -> Iterator[str]:
    inside = module.relative_to(root)
    lines = module.read_text().count("\n")
    if lines > MOST_LINES:
        yield f"{inside}: {lines} lines; split it (at most {MOST_LINES})"
    if module.stem in EMPTY_NAMES:
        yield f"{inside}: the name says nothing"
    test = root / "tests" / inside.with_name(f"test_{inside.name}")
    if module.name.startswith("__") or str(inside) in WITHOUT_TWIN:
        return
    if not test.exists():
        yield f"{inside}: no {test.relative_to(root)}"


def test_problems(root: Path, test: Path) -> Iterator[str]:
    inside = test.relative_to(root / "tests")
    if inside.parts[0] == "e2e":
        return
    if re.search(r"\bsleep\(", test.read_text()):
        yield f"tests/{inside}: sleeps; drive virtual time instead"
    if inside.parts[0] in OUTSIDE_THE_MIRROR or inside.parts[0] == "tools":
        return
    if not (root / inside.with_name(inside.name.removeprefix("test_"))).exists():
        yield f"tests/{inside}: tests nothing of that name"


if __name__ == "__main__":
    found = list(problems(Path(__file__).parent.parent))
    print(*found, sep="\n")
    sys.exit(bool(found))
