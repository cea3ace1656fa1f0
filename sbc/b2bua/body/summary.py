"""How many messages wait for somebody: simple-message-summary (RFC 3842).

The lines about single messages, which would show who wrote them, stay behind.
"""

import re

from sbc.b2bua.body.values import Translation, uri

_LINE = re.compile(r"([A-Za-z-]{1,32})\s*:\s*(.*)", re.ASCII)
_COUNTS = re.compile(r"(\d{1,9})/(\d{1,9})(?:\s*\((\d{1,9})/(\d{1,9})\))?", re.ASCII)
_CLASSES = {
    f"{name.lower()}-message": f"{name}-Message"
    for name in ("Voice", "Fax", "Pager", "Multimedia", "Text")
} | {"none": "None"}
_MOST_LINES = 64


def rebuild(body: bytes, translation: Translation) -> bytes | None:
    """None: it does not say whether there are any."""
    kept: list[str] = []
    text = body.decode("utf-8", "replace").replace("\r\n", "\n")
    for line in text.split("\n")[:_MOST_LINES]:
        found = _LINE.fullmatch(line.strip())
        if found is None:
            break  # an empty line: now come the messages themselves
        written = _rewritten(found[1].lower(), found[2].strip(), translation)
        if written is not None:
            kept.append(f"{written}\r\n")
    if not kept or not kept[0].startswith("Messages-Waiting"):
        return None
    return "".join(kept).encode()


def _rewritten(name: str, value: str, translation: Translation) -> str | None:
    if name == "messages-waiting" and value.lower() in {"yes", "no"}:
        return f"Messages-Waiting: {value.lower()}"
    if name == "message-account":
        account = uri(value, translation)
        return None if account is None else f"Message-Account: {account}"
    counts = _COUNTS.fullmatch(value)
    if name not in _CLASSES or counts is None:
        return None
    urgent = f" ({counts[3]}/{counts[4]})" if counts[3] is not None else ""
    return f"{_CLASSES[name]}: {counts[1]}/{counts[2]}{urgent}"
