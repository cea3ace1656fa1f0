"""Header fields (RFC 3261 §7.3, §20): kept byte for byte until changed, understood when asked for.

Names are given in long form and lower case (`via`, `call-id`). A line stays as it came, with its
folding and its odd spacing; an edit rewrites only the lines of the field that it names. A typed
value is parsed on first use and kept; a malformed one raises `BadMessage(400, …)` each time.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sbc.sip.address import NameAddr
from sbc.sip.cseq import CSeq, parse_rack
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import number, split_items
from sbc.sip.limits import DEFAULT, MOST_CONTACTS, MOST_ROUTES, MOST_VIAS, Limits
from sbc.sip.lines import guard, read_lines, value_of
from sbc.sip.names import SPELLING, canonical
from sbc.sip.via import Via

T = TypeVar("T")
_MOST_UINT32 = 2**32 - 1


class Headers:
    __slots__ = ("_lines", "_names", "_text", "_typed")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        """From pairs of name and value, as they shall be written."""
        lines = [f"{name}: {value}" for name, value in fields]
        text = "\r\n".join(lines)
        guard(text, max(len(lines) - 1, 0))
        self._text: str | None = text
        """Everything, joined; None when lines were edited since."""
        self._lines: list[str] = []
        self._names: list[str] | None = None
        """Beside each line its canonical name; None as long as `_text` alone holds everything."""
        self._typed: dict[str, Any] = {}

    @classmethod
    def parse(cls, text: str, limits: Limits = DEFAULT) -> "Headers":
        """From the header part of a message, without the start line and the blank line."""
        headers = cls.built(text)
        if text:
            headers._lines, headers._names = read_lines(text, limits.headers)
            if len(text) > limits.header_bytes and _longest(headers._lines) > limits.header_bytes:
                raise BadMessage(400, "Header field too long")
        return headers

    @classmethod
    def built(cls, text: str) -> "Headers":
        """From lines that we wrote and guarded: nothing is looked at before it is needed."""
        headers = cls.__new__(cls)
        headers._text = text
        headers._lines = []
        headers._names = None
        headers._typed = {}
        return headers

    # Reading

    def get(self, name: str) -> str | None:
        """The first field's value, unfolded."""
        names = self._names or self._load()
        return value_of(self._lines[names.index(name)]) if name in names else None

    def all(self, name: str) -> list[str]:
        """Each field's value, unfolded; comma lists stay as they are."""
        return [value_of(line) for line in self.lines(name)]

    def elements(self, name: str) -> list[str]:
        """The values of all fields of this name as one list (RFC 3261 §7.3.1)."""
        lines = self.lines(name)
        if len(lines) == 1:
            return split_items(value_of(lines[0]))
        return [item for line in lines for item in split_items(value_of(line))]

    def has(self, name: str) -> bool:
        return name in (self._names or self._load())

    def names(self) -> list[str]:
        """In order, repeats included."""
        return list(self._names or self._load())

    def items(self) -> list[tuple[str, str]]:
        """Each field in order: its name as written, its value unfolded."""
        self.names()
        return [(line.partition(":")[0].rstrip(" \t"), value_of(line)) for line in self._lines]

    def lines(self, name: str) -> list[str]:
        """The raw lines of a field; a folded one has its line ends inside."""
        names = self._names or self._load()
        found = names.count(name)
        if found < 2:
            return [self._lines[names.index(name)]] if found else []
        return [line for each, line in zip(names, self._lines, strict=True) if each == name]

    @property
    def text(self) -> str:
        """The whole header part, without the last line end."""
        if self._text is None:
            self._text = "\r\n".join(self._lines)
        return self._text

    # Changing

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
        line, _, names = self._edit("via", str(via))
        first = names.index("via")
        others = split_items(value_of(self._lines[first]))[1:]
        self._lines[first] = ", ".join([line, *others])

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
            first = split_items(self._needed("via"))
            value = self._typed["via"] = _parsed(Via.parse, "via", first[0] if first else "")
        return value

    @property
    def vias(self) -> list[Via]:
        value: list[Via] | None = self._typed.get("vias")
        if value is None:
            texts = self._bounded("via", MOST_VIAS)
            value = self._typed["vias"] = [_parsed(Via.parse, "via", text) for text in texts]
            if value:
                self._typed["via"] = value[0]
        return list(value)

    @property
    def contacts(self) -> list[NameAddr]:
        value: list[NameAddr] | None = self._typed.get("contact")
        if value is None:
            texts = self._bounded("contact", MOST_CONTACTS)
            value = self._typed["contact"] = [
                _parsed(NameAddr.parse, "contact", text) for text in texts
            ]
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

    def _load(self) -> list[str]:
        """Lines and names of a message that we wrote ourselves."""
        text = self.text
        self._lines, self._names = read_lines(text, len(text)) if text else ([], [])
        return self._names

    def _edit(self, name: str, value: str) -> tuple[str, str, list[str]]:
        """The new line, the canonical name, all names. What was known of the field is dropped."""
        guard(value, 0)
        name = canonical(name)
        if not name:
            raise ValueError("bad header name")
        names = self._names or self._load()
        self._text = None
        self._typed.pop(name, None)
        if name == "via":
            self._typed.pop("vias", None)
        return f"{SPELLING.get(name, name)}: {value}", name, names

    def _needed(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise BadMessage(400, f"Missing {SPELLING[name]}")
        return value

    def _address(self, name: str) -> NameAddr:
        value = self._typed[name] = _parsed(NameAddr.parse, name, self._needed(name))
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


def _parsed(parse: Callable[[str], T], name: str, text: str) -> T:
    """One value; a fault in it names its header."""
    try:
        return parse(text)
    except BadMessage as bad:
        raise BadMessage(400, f"Bad {SPELLING[name]}: {bad.reason}") from None


def _longest(lines: list[str]) -> int:
    return max([len(line) for line in lines])
