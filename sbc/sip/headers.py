"""Header fields (RFC 3261 §7.3, §20): kept byte for byte until changed, understood when asked for.

Names are given in long form and lower case (`via`, `call-id`). A line stays as it came, with its
folding and its odd spacing; an edit rewrites only the lines of the field that it names. A typed
value is parsed on first use and kept; a malformed one raises `BadMessage(400, …)` each time.
"""

from collections.abc import Iterable, KeysView, Sequence
from typing import Any

from sbc.sip.address import NameAddr
from sbc.sip.cseq import CSeq, parse_rack
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import number, split_items
from sbc.sip.limits import DEFAULT, MOST_CONTACTS, MOST_ROUTES, MOST_VIAS, Limits
from sbc.sip.lines import guard, index, read_lines, unfolded, value_of
from sbc.sip.names import SPELLING, canonical
from sbc.sip.via import Via

_MOST_UINT32 = 2**32 - 1


class Headers:
    __slots__ = ("_lines", "_names", "_text", "_typed", "_values")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        """From pairs of name and value, as they shall be written."""
        lines = [f"{name}: {value}" for name, value in fields]
        text = "\r\n".join(lines)
        guard(text, max(len(lines) - 1, 0))
        self._set_up(lines, text)

    @classmethod
    def parse(cls, text: str, limits: Limits = DEFAULT) -> "Headers":
        """From the header part of a message, without the start line and the blank line."""
        headers = cls.__new__(cls)
        if not text:
            headers._set_up([], text)
            return headers
        lines, names, values = read_lines(text, limits.headers)
        if len(text) > limits.header_bytes and _longest(lines) > limits.header_bytes:
            raise BadMessage(400, "Header field too long")
        headers._set_up(lines, text)
        headers._names, headers._values = names, values
        return headers

    @classmethod
    def built(cls, lines: list[str], text: str) -> "Headers":
        """From lines that we wrote and guarded, and the same joined: nothing is looked at before
        it is needed.
        """
        headers = cls.__new__(cls)
        headers._set_up(lines, text)
        return headers

    def _set_up(self, lines: list[str], text: str) -> None:
        self._text: str | None = text
        """Everything, joined; None when lines were edited since."""
        self._lines = lines
        self._names: list[str] = []
        """Beside each line its canonical name, as soon as anybody asks for one."""
        self._values: dict[str, str] = {}
        """The first value of each name, likewise."""
        self._typed: dict[str, Any] = {}

    # Reading

    def get(self, name: str) -> str | None:
        """The first field's value, unfolded."""
        return (self._values or self._load()).get(name)

    def all(self, name: str) -> list[str]:
        """Each field's value, unfolded; comma lists stay as they are."""
        return [value_of(line) for line in self.lines(name)]

    def elements(self, name: str) -> list[str]:
        """The values of all fields of this name as one list (RFC 3261 §7.3.1)."""
        values = self._values or self._load()
        if len(values) == len(self._names):
            return split_items(values.get(name, ""))
        return [item for line in self.lines(name) for item in split_items(value_of(line))]

    def has(self, name: str) -> bool:
        return name in (self._values or self._load())

    def names(self) -> list[str]:
        """In order, repeats included."""
        if not self._values:
            self._load()
        return list(self._names)

    def present(self) -> KeysView[str]:
        """Each name once."""
        return (self._values or self._load()).keys()

    def items(self) -> list[tuple[str, str]]:
        """Each field in order: its name as written, its value unfolded."""
        return [(line.partition(":")[0].rstrip(" \t"), value_of(line)) for line in self._lines]

    def lines(self, name: str) -> list[str]:
        """The raw lines of a field; a folded one has its line ends inside."""
        if name not in (self._values or self._load()):
            return []
        if len(self._values) == len(self._names):
            return [self._lines[self._names.index(name)]]
        return [line for each, line in zip(self._names, self._lines, strict=True) if each == name]

    def copied(self, names: Sequence[str]) -> list[str]:
        """The lines of these fields, in this order, for another message: none is folded."""
        values = self._values or self._load()
        if len(values) == len(self._names):
            at = self._names.index
            lines = [self._lines[at(name)] for name in names if name in values]
        else:
            lines = [line for name in names for line in self.lines(name)]
        return [unfolded(line) if "\r" in line else line for line in lines]

    @property
    def text(self) -> str:
        """The whole header part, without the last line end."""
        if self._text is None:
            self._text = "\r\n".join(self._lines)
        return self._text

    # Changing

    def copy(self) -> "Headers":
        """Another that may be changed by itself."""
        return Headers.built(self._lines[:], self.text)

    def set(self, name: str, value: str) -> None:
        """One field of this name: in the place of the first, or at the end."""
        line, name, names = self._edit(name, value)
        if name not in names:
            self._lines.append(line)
            names.append(name)
            return
        first = names.index(name)
        self._lines[first] = line
        for at in range(len(names) - 1, first, -1):
            if names[at] == name:
                del names[at], self._lines[at]

    def add(self, name: str, value: str) -> None:
        line, name, names = self._edit(name, value)
        self._lines.append(line)
        names.append(name)

    def add_first(self, name: str, value: str) -> None:
        """Before the others of this name; without any, before everything."""
        line, name, names = self._edit(name, value)
        at = names.index(name) if name in names else 0
        self._lines.insert(at, line)
        names.insert(at, name)

    def remove(self, name: str) -> None:
        _, name, names = self._edit(name, "")
        kept = [at for at, each in enumerate(names) if each != name]
        self._lines = [self._lines[at] for at in kept]
        self._names = [names[at] for at in kept]

    def replace_top_via(self, via: Via) -> None:
        """Change the first Via and leave every other one as it is."""
        values = self._values or self._load()
        value = values["via"] = ", ".join([str(via), *split_items(values["via"])[1:]])
        guard(value, 0)
        self._lines[self._names.index("via")] = f"Via: {value}"
        self._text = None
        self._typed["via"] = via
        self._typed.pop("vias", None)

    # Understanding

    @property
    def call_id(self) -> str:
        value: str | None = self._typed.get("call-id")
        if value is None:
            value = self._needed("call-id")
            if not value or " " in value or "\t" in value:
                raise BadMessage(400, "Bad Call-ID")
            self._typed["call-id"] = value
        return value

    @property
    def cseq(self) -> CSeq:
        value: CSeq | None = self._typed.get("cseq")
        if value is None:
            value = self._typed["cseq"] = CSeq.parse(self._needed("cseq"))
        return value

    @property
    def from_(self) -> NameAddr:
        value: NameAddr | None = self._typed.get("from")
        return self._address("from") if value is None else value

    @property
    def to(self) -> NameAddr:
        value: NameAddr | None = self._typed.get("to")
        return self._address("to") if value is None else value

    @property
    def via(self) -> Via:
        """The topmost."""
        value: Via | None = self._typed.get("via")
        if value is None:
            text = self._needed("via")
            first = split_items(text)[0] if "," in text else text
            try:
                value = self._typed["via"] = Via.parse(first)
            except BadMessage as bad:
                raise _in_field("via", bad) from None
        return value

    @property
    def vias(self) -> list[Via]:
        value: list[Via] | None = self._typed.get("vias")
        if value is None:
            texts = self._bounded("via", MOST_VIAS)
            try:
                value = self._typed["vias"] = [Via.parse(text) for text in texts]
            except BadMessage as bad:
                raise _in_field("via", bad) from None
            if value:
                self._typed["via"] = value[0]
        return list(value)

    @property
    def contacts(self) -> list[NameAddr]:
        value: list[NameAddr] | None = self._typed.get("contact")
        if value is None:
            texts = self._bounded("contact", MOST_CONTACTS)
            try:
                value = self._typed["contact"] = [NameAddr.parse(text) for text in texts]
            except BadMessage as bad:
                raise _in_field("contact", bad) from None
        return list(value)

    @property
    def route(self) -> list[str]:
        return self._bounded("route", MOST_ROUTES)

    @property
    def record_route(self) -> list[str]:
        return self._bounded("record-route", MOST_ROUTES)

    @property
    def max_forwards(self) -> int | None:
        return self._number("max-forwards", 255)

    @property
    def content_length(self) -> int | None:
        return self._number("content-length", _MOST_UINT32)

    @property
    def expires(self) -> int | None:
        return self._number("expires", _MOST_UINT32)

    @property
    def rseq(self) -> int | None:
        return self._number("rseq", _MOST_UINT32)

    @property
    def rack(self) -> tuple[int, int, str] | None:
        """RSeq, CSeq number, method (RFC 3262 §7.2)."""
        value = self.get("rack")
        return None if value is None else parse_rack(value)

    @property
    def content_type(self) -> str | None:
        """In lower case, without parameters."""
        value = self.get("content-type")
        return None if value is None else value.partition(";")[0].rstrip(" \t").lower()

    @property
    def require(self) -> list[str]:
        return self._tokens("require")

    @property
    def supported(self) -> list[str]:
        return self._tokens("supported")

    @property
    def allow(self) -> list[str]:
        """Methods, in their case."""
        return [item for item in self.elements("allow") if item]

    # Within

    def _load(self) -> dict[str, str]:
        """What lies where, of a message that we wrote ourselves or edited."""
        self._names, self._values = index(self._lines, self.text)
        return self._values

    def _edit(self, name: str, value: str) -> tuple[str, str, list[str]]:
        """The new line, the canonical name, all names. What was known of the field is dropped."""
        guard(value, 0)
        name = canonical(name)
        if not name:
            raise ValueError("bad header name")
        if not self._names:
            self._load()
        self._text = None
        self._values = {}
        self._typed.pop(name, None)
        if name == "via":
            self._typed.pop("vias", None)
        return f"{SPELLING.get(name, name)}: {value}", name, self._names

    def _needed(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise BadMessage(400, f"Missing {SPELLING[name]}")
        return value

    def _address(self, name: str) -> NameAddr:
        text = self._needed(name)
        try:
            value = self._typed[name] = NameAddr.parse(text)
        except BadMessage as bad:
            raise _in_field(name, bad) from None
        return value

    def _bounded(self, name: str, most: int) -> list[str]:
        texts = self.elements(name)
        if len(texts) > most:
            raise BadMessage(400, f"Too many {SPELLING[name]}")
        return texts

    def _number(self, name: str, most: int) -> int | None:
        value = self.get(name)
        return None if value is None else number(value, most, SPELLING[name])

    def _tokens(self, name: str) -> list[str]:
        return [item.lower() for item in self.elements(name) if item]


def _in_field(name: str, bad: BadMessage) -> BadMessage:
    return BadMessage(400, f"Bad {SPELLING[name]}: {bad.reason}")


def _longest(lines: list[str]) -> int:
    return max([len(line) for line in lines])
