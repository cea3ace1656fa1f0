"""G.711 A-law: a tone as frames, and what a frame sounds like (ITU-T G.711, table 1a)."""

import math

RATE = 8000
"""Samples a second; also the RTP clock of PCMA (RFC 3551 §4.5.14)."""
FRAME = 160
"""Samples of 20 ms."""
TONE = 400.0
"""Hz. A whole number of periods fits a frame, so that every frame is the same."""


def encode(sample: int) -> int:
    """One linear 16-bit sample as A-law."""
    sign = 0x80 if sample >= 0 else 0
    magnitude = min(sample if sample >= 0 else -sample - 1, 32767) >> 4
    segment = max(magnitude.bit_length() - 4, 0)
    mantissa = magnitude >> max(segment - 1, 0) & 0x0F
    return (sign | segment << 4 | mantissa) ^ 0x55


def decode(code: int) -> int:
    """One A-law octet as a linear 16-bit sample."""
    code ^= 0x55
    segment, mantissa = code >> 4 & 7, code & 0x0F
    magnitude = (mantissa << 4) + 8 if segment == 0 else (mantissa << 4) + 0x108 << segment - 1
    return magnitude if code & 0x80 else -magnitude


def tone_frame(hertz: float = TONE, level: int = 8000) -> bytes:
    """20 ms of a sine."""
    step = 2 * math.pi * hertz / RATE
    return bytes(encode(round(level * math.sin(step * n))) for n in range(FRAME))


def share_of_tone(frame: bytes, hertz: float = TONE) -> float:
    """How much of a frame's energy is that tone, 0..1 (Goertzel)."""
    samples = [decode(code) for code in frame]
    energy = sum(sample * sample for sample in samples)
    if not energy:
        return 0.0
    step = 2 * math.pi * hertz / RATE
    real = sum(sample * math.cos(step * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(step * n) for n, sample in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / (len(samples) * energy)
