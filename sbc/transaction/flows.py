"""Which transactions stand on a flow, so that its failure finds them without a search (§18.4)."""

from sbc.actions import Flow
from sbc.transaction.events import Key


class FlowIndex:
    __slots__ = ("_keys",)

    def __init__(self) -> None:
        # A dict as an ordered set: the order of the outputs must not hang on hashes.
        self._keys: dict[Flow, dict[Key, None]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, flow: Flow, key: Key) -> None:
        found = self._keys.get(flow)
        if found is None:
            self._keys[flow] = {key: None}
        else:
            found[key] = None

    def discard(self, flow: Flow, key: Key) -> None:
        found = self._keys[flow]
        del found[key]
        if not found:
            del self._keys[flow]

    def on(self, flow: Flow) -> list[Key]:
        return list(self._keys.get(flow, ()))
