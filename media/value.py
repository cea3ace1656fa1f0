"""What all values between the processes are: immutable, and strict when they are read.

msgspec's structs are made, compared and read several times faster than dataclasses, and a call
makes some hundred of them.
"""

from msgspec import Struct


class Value(Struct, frozen=True, forbid_unknown_fields=True):
    """Equal by its fields, and never changed."""
