"""Bodies of several parts (RFC 2046 §5.1, RFC 5621): read, filtered part by part, written anew.

Of the fields of a part its type, its name and its disposition are rebuilt; the others stay behind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

from sbc.b2bua.body.kinds import REBUILT, SDP, marks
from sbc.b2bua.body.values import MARK, Translation, content_id
from sbc.sip.errors import BadMessage

MOST_PARTS = 16
MOST_DEPTH = 3
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.I)
_PARAMETER = re.compile(r'[;\s](type|start)\s*=\s*(?:"([^"]{1,128})"|([^\s;"]{1,128}))', re.I)
_SUBTYPES = ("mixed", "related", "alternative")
_DISPOSITIONS = frozenset(
    {"session", "early-session", "render", "signal", "by-reference", "recipient-list", "alert"}
)
_PLAIN = frozenset({"", "7bit", "8bit", "binary"})
_HEAD = re.compile(rb"(?:\A|\r?\n)\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    kind: str
    """Type, in lower case, without parameters."""
    body: bytes
    id: str = ""
    """Content-ID without its brackets."""
    disposition: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Multipart:
    kind: str
    parts: tuple[Part | Multipart, ...]
    id: str = ""
    start: str = ""
    """Of multipart/related: the part to begin with, by its id."""
    type: str = ""
    """And its type."""

    def filtered(self, allowed: Collection[str]) -> Multipart | None:
        """Only parts of these types; None: there are none such."""
        kept: list[Part | Multipart] = []
        for part in self.parts:
            if isinstance(part, Multipart):
                inner = part.filtered(allowed)
                kept += [inner] if inner is not None else []
            elif part.kind in allowed:
                kept.append(part)
        return replace(self, parts=tuple(kept)) if kept else None

    def at(self, host: str) -> Multipart:
        """With our own address as whoever gets it knows us."""
        parts = tuple(
            part.at(host)
            if isinstance(part, Multipart)
            else replace(
                part, id=part.id.replace(MARK, host), body=at(part.body, host, marked=part.marked)
            )
            for part in self.parts
        )
        ids = {"id": self.id.replace(MARK, host), "start": self.start.replace(MARK, host)}
        return replace(self, parts=parts, **ids)

    def with_first(self, part: Part) -> Multipart:
        return Multipart("multipart/mixed", (part, *self.parts))

    def written(self) -> tuple[bytes, str]:
        """The body, and its Content-Type."""
        bodies = [_written(part) for part in self.parts]
        boundary = f"sbc-{blake2b(b''.join(bodies), digest_size=12).hexdigest()}"
        line = f"--{boundary}".encode()
        body = b"".join(line + b"\r\n" + each + b"\r\n" for each in bodies) + line + b"--\r\n"
        said = f'{self.kind};boundary="{boundary}"'
        if self.type:
            said += f';type="{self.type}"'
        if self.start:
            said += f';start="<{self.start}>"'
        return body, said


def at(body: bytes, host: str, *, marked: bool) -> bytes:
    return body.replace(MARK.encode(), host.encode()) if marked else body


def read(
    body: bytes, content_type: str, allowed: Collection[str], translation: Translation
) -> tuple[Multipart | None, bytes | None]:
    """The parts of these types, rebuilt, and the first session description among all of them.

    Raises BadMessage if it cannot be read. A part that cannot be is left out.
    """
    found: list[bytes] = []
    made = _multipart(body, content_type, allowed, translation, found, 1)
    return made, found[0] if found else None


def _multipart(
    body: bytes,
    content_type: str,
    allowed: Collection[str],
    translation: Translation,
    descriptions: list[bytes],
    depth: int,
) -> Multipart | None:
    parts: list[Part | Multipart] = []
    for fields, inside in _split(body, content_type):
        kind = fields.get("content-type", "")
        bare = kind.partition(";")[0].strip().lower()
        if bare == SDP:
            descriptions.append(inside)
        elif bare.startswith("multipart/"):
            if depth < MOST_DEPTH:
                inner = _multipart(inside, kind, allowed, translation, descriptions, depth + 1)
                id_ = content_id(fields.get("content-id", ""), translation) or ""
                parts += [replace(inner, id=id_)] if inner is not None else []
        elif bare in allowed:
            parts += _rebuilt(bare, inside, fields, translation)
    if not parts:
        return None
    subtype = content_type.partition(";")[0].partition("/")[2].strip().lower()
    kind = f"multipart/{subtype if subtype in _SUBTYPES else 'mixed'}"
    said = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(content_type)}
    type_ = said.get("type", "").lower()
    return Multipart(
        kind,
        tuple(parts),
        start=content_id(said.get("start", ""), translation) or "",
        type=type_ if type_ in allowed else "",
    )


def _rebuilt(
    kind: str, inside: bytes, fields: dict[str, str], translation: Translation
) -> list[Part]:
    if fields.get("content-transfer-encoding", "").strip().lower() not in _PLAIN:
        return []
    rebuild = REBUILT.get(kind)
    body = inside if rebuild is None else rebuild(inside, translation)
    if body is None:
        return []
    return [
        Part(
            kind,
            body,
            content_id(fields.get("content-id", ""), translation) or "",
            disposition(fields.get("content-disposition", "")),
            marks(kind),
        )
    ]


def disposition(text: str) -> str:
    """A registered one, and whether whoever does not understand it must say so (RFC 5621 §8)."""
    said, _, rest = text.lower().partition(";")
    if said.strip() not in _DISPOSITIONS:
        return ""
    optional = "handling=optional" in rest.replace(" ", "")
    return f"{said.strip()}{';handling=optional' if optional else ''}"


def _split(body: bytes, content_type: str) -> Iterator[tuple[dict[str, str], bytes]]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise BadMessage(400, "Multipart body without a boundary")
    boundary = re.escape((found[1] or found[2]).encode("utf-8", "surrogateescape"))
    # A line of its own (RFC 2046 §5.1.1): the same within a line is content.
    delimiter = re.compile(rb"(?:\A|\r?\n)--" + boundary + rb"(?:--)?[ \t]*+(?=\r?\n|\Z)")
    for text in delimiter.split(body, MOST_PARTS + 1)[1 : MOST_PARTS + 1]:
        part = text.removeprefix(b"\r").removeprefix(b"\n")
        cut = _HEAD.search(part)
        if cut is not None:
            yield _fields(part[: cut.start()]), part[cut.end() :]


def _fields(head: bytes) -> dict[str, str]:
    text = re.sub(r"\r?\n[ \t]+", " ", head.decode("utf-8", "replace"))
    pairs = [line.partition(":") for line in text.splitlines()[:16]]
    fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if "c" in fields:
        fields.setdefault("content-type", fields["c"])
    return fields


def _written(part: Part | Multipart) -> bytes:
    body, kind = (part.body, part.kind) if isinstance(part, Part) else part.written()
    lines = [f"Content-Type: {kind}"]
    if part.id:
        lines.append(f"Content-ID: <{part.id}>")
    if isinstance(part, Part) and part.disposition:
        lines.append(f"Content-Disposition: {part.disposition}")
    if kind != SDP:
        lines.append("Content-Transfer-Encoding: binary")
    return "\r\n".join([*lines, "", ""]).encode() + body
