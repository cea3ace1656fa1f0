"""Flows that were lost while the registrar upstream still knows them: calls for them get 430
(RFC 5626 §5.3), so that it tries another flow at once."""

MOST = 20_000


class Gone:
    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        """By token: when upstream forgets it too."""

    def __len__(self) -> int:
        return len(self._until)

    def add(self, token: str, until: float) -> None:
        if not token:
            return
        self._until.pop(token, None)
        if len(self._until) >= MOST:
            del self._until[next(iter(self._until))]
        self._until[token] = until

    def forget(self, token: str) -> None:
        """It is there again."""
        self._until.pop(token, None)

    def has(self, token: str, now: float) -> bool:
        until = self._until.get(token)
        if until is not None and until <= now:
            del self._until[token]
            return False
        return until is not None
