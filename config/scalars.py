"""Plain scalars of YAML: what an unquoted word means, and which ones mean something else elsewhere.

YAML 1.1 (https://yaml.org/type/) reads `no` as false, `22:50` as 1370 and `0777` as 511; YAML 1.2
reads other things into other words. Here an unquoted word is a number, `true`, `false` or text when
every reader agrees, and is refused by name when they do not.
"""

import re

from config.problems import Misread, quoted
from config.text import character

Scalar = str | int | float | bool

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?", re.ASCII)

_QUOTE = "put it in quotes if it is text"
_TRAPS = {
    "switch": ("some readers take {} for a boolean", "write true or false, or put it in quotes"),
    "shout": ("{} is not how a boolean is written", "write it in small letters: true, false"),
    "nothing": ("{} is no value", "leave the key out, or put it in quotes if it is text"),
    "merge": ("merge keys are refused", "every fact stands once: write it where it belongs"),
    "base60": ("some readers take {} for a number in base 60", _QUOTE),
    "date": ("some readers take {} for a date", _QUOTE),
    "radix": ("the number {} is not decimal", "write it in decimal"),
    "octal": ("some readers take {} for an octal number", "no leading zero; " + _QUOTE),
    "underscore": ("some readers take {} for a number, and drop the underscores", _QUOTE),
    "plus": ("some readers take {} for a number, and drop the plus sign", _QUOTE),
    "long": ("{} is too long for a number", _QUOTE),
    "odd": ("{} is a number to some readers and text to others", "write it in full; " + _QUOTE),
}
"""What is said of each trap: the message, and how to write it instead."""

_TRAP = re.compile(
    r"(?P<switch>(?i:yes|no|on|off))"
    r"|(?P<shout>(?i:true|false))"
    r"|(?P<nothing>(?i:null)|~|)"
    r"|(?P<merge><<)"
    r"|(?P<base60>[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)"
    r"|(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?)"
    r"|(?P<radix>[-+]?0[xob][0-9a-fA-F_]+)"
    r"|(?P<octal>[-+]?0[0-9_]+(?:\.[0-9_]*)?)"
    r"|(?P<underscore>(?=[^_]*_)[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<plus>\+[0-9]+)"
    r"|(?P<long>-?[0-9]{19,})"
    r"|(?P<odd>[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?i:inf)|\.(?i:nan))",
    re.ASCII,
)


def read_plain(text: str) -> Scalar:
    """The value of an unquoted word. Raises `Misread` for a trap."""
    if number := _NUMBER.fullmatch(text):
        return float(text) if number[1] else int(text)
    if text in ("true", "false"):
        return text == "true"
    if trap := _TRAP.fullmatch(text):
        message, hint = _TRAPS[trap.lastgroup or "odd"]
        raise Misread(message.format(quoted(text)), hint)
    return read_quoted(text)


def read_quoted(text: str) -> str:
    """A quoted word is text whatever it looks like, of characters that can be seen."""
    for char in text:
        if not char.isprintable():
            raise Misread(f"the text holds the invisible character {character(char)}", "remove it")
    return text
