"""Tones as WAV files, and how much of a recording is a tone (Goertzel's algorithm)."""

import math
import struct
import wave
from collections.abc import Sequence
from pathlib import Path

RATE = 8000
_LOUDNESS = 8000
"""Of 32767."""


def write_tone(path: Path, hertz: float, seconds: float) -> None:
    samples = (
        round(_LOUDNESS * math.sin(2 * math.pi * hertz * at / RATE))
        for at in range(int(RATE * seconds))
    )
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def read_wave(path: Path) -> list[int]:
    """Samples of a recording of one channel, 16 bits, 8 kHz."""
    with wave.open(str(path), "rb") as file:
        form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        assert form == (1, 2, RATE), f"{path.name}: {form}"
        data = file.readframes(file.getnframes())
    return list(struct.unpack(f"<{len(data) // 2}h", data))


def share(samples: Sequence[int], hertz: float) -> float:
    """Of the energy of the samples, that of the tone: 0 to 1."""
    energy = sum(sample * sample for sample in samples)
    if not energy:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = last * last + before * before - factor * last * before
    return 2 * power / (len(samples) * energy)


def heard(samples: Sequence[int], hertz: float, piece: int = RATE // 10) -> float:
    """Seconds in which the tone, and hardly anything else, was heard; by tenths of a second."""
    pieces = [samples[at : at + piece] for at in range(0, len(samples) - piece + 1, piece)]
    return sum(share(each, hertz) > 0.9 for each in pieces) * piece / RATE
