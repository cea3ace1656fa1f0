"""Which transactions stand on a flow, so that its failure finds them without a search (§18.4)."""

from sbc.actions import Address, Flow
from sbc.transaction.events import Key


class FlowIndex:
    __slots__ = ("_keys",)

    def __init__(self) -> None:
        # By address, which is hashed faster than a flow; and a dict as an ordered set: the order of
        # the outputs must not hang on hashes.
        self._keys: dict[Address, dict[Key, Flow]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, flow: Flow, key: Key) -> None:
        found = self._keys.get(flow.remote)
        if found is None:
            self._keys[flow.remote] = {key: flow}
        else:
            found[key] = flow

    def discard(self, flow: Flow, key: Key) -> None:
        found = self._keys[flow.remote]
        del found[key]
        if not found:
            del self._keys[flow.remote]

    def on(self, flow: Flow) -> list[Key]:
        return [key for key, each in self._keys.get(flow.remote, {}).items() if each == flow]
