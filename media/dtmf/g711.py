"""G.711 by tables: to samples and back, and A-law to µ-law (ITU-T G.711 §3, tables 1 to 4)."""

from collections.abc import Iterable, Sequence
from typing import Literal

Law = Literal["PCMU", "PCMA"]

_SEGMENT_ENDS_U = (0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF)
_SEGMENT_ENDS_A = (0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF)
_BIAS = 33
_CLIP = 8158


def _from_ulaw(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 1) + _BIAS << (code >> 4 & 7)) - _BIAS
    return (-magnitude if code & 0x80 else magnitude) * 4


def _from_alaw(code: int) -> int:
    code ^= 0x55
    segment, step = code >> 4 & 7, code & 0x0F
    magnitude = (step << 1) + 1 if not segment else (step << 1) + 33 << segment - 1
    return (magnitude if code & 0x80 else -magnitude) * 8


def _to_ulaw(sample: int) -> int:
    sample >>= 2
    sign = 0x7F if sample < 0 else 0xFF
    magnitude = min(abs(sample), _CLIP) + _BIAS
    segment = next(at for at, end in enumerate(_SEGMENT_ENDS_U) if magnitude <= end)
    return (segment << 4 | magnitude >> segment + 1 & 0x0F) ^ sign


def _to_alaw(sample: int) -> int:
    sample >>= 3
    sign = 0xD5 if sample >= 0 else 0x55
    magnitude = sample if sample >= 0 else -sample - 1
    segment = next((at for at, end in enumerate(_SEGMENT_ENDS_A) if magnitude <= end), 7)
    step = magnitude >> (segment if segment > 1 else 1) & 0x0F
    return (segment << 4 | step) ^ sign


DECODED: dict[Law, tuple[int, ...]] = {
    "PCMU": tuple(map(_from_ulaw, range(256))),
    "PCMA": tuple(map(_from_alaw, range(256))),
}
"""The 16-bit sample of each octet."""

_ENCODED: dict[Law, bytes] = {
    "PCMU": bytes(_to_ulaw(sample << 2) for sample in range(-8192, 8192)),
    "PCMA": bytes(_to_alaw(sample << 2) for sample in range(-8192, 8192)),
}
"""By the upper 14 bits of a sample: neither law tells more apart."""

CONVERTED: dict[tuple[Law, Law], bytes] = {
    ("PCMU", "PCMA"): bytes(_to_alaw(sample) for sample in DECODED["PCMU"]),
    ("PCMA", "PCMU"): bytes(_to_ulaw(sample) for sample in DECODED["PCMA"]),
}
"""For `bytes.translate`: each octet of one law in the other."""

SILENCE: dict[Law, int] = {"PCMU": 0xFF, "PCMA": 0xD5}


def decode(payload: bytes, law: Law) -> list[int]:
    table = DECODED[law]
    return [table[code] for code in payload]


def encode(samples: Iterable[int] | Sequence[int], law: Law) -> bytes:
    """Samples of 16 bits."""
    table = _ENCODED[law]
    return bytes(table[(sample >> 2) + 8192] for sample in samples)
