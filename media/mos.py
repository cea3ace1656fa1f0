"""MOS from what the relay measures: the E-model, ITU-T G.107, with its default values.

R = 93.2 - Id - Ie,eff: nothing is known here of the phones and rooms, so all that the model holds
of them stays at its default (§7.7, table 2), and so does the burst ratio, 1 (random loss).
"""

from dataclasses import dataclass
from math import exp, log2, log10, pow, sqrt

DEFAULT_RATING = 93.2
ASSUMED_DELAY_MS = 100.0
PACKET_TIME_MS = 20.0


@dataclass(frozen=True, slots=True)
class Impairment:
    """One codec on the narrow-band scale."""

    equipment: float
    """Ie: what the codec takes from R without any loss."""
    robustness: float
    """Bpl: the loss, in per cent, which halves what Ie leaves."""
    wideband: bool = False


_G711 = Impairment(0.0, 25.1)
CODECS = {
    "pcmu": _G711,
    "pcma": _G711,
    "g729": Impairment(11.0, 19.0),
    "g723": Impairment(15.0, 16.1),
}


def mos(
    codec: str | None, loss: float, jitter_ms: float, round_trip_ms: float | None
) -> tuple[float, str] | None:
    """Score 1..4.5 and how it was found; None for a codec of which nothing is published.

    `loss` is 0..1; `round_trip_ms` is between the two ends, as far as it is known.
    """
    impairment = CODECS.get(codec.lower()) if codec else None
    if codec is None or impairment is None:
        return None
    if round_trip_ms is None:
        delay, words = ASSUMED_DELAY_MS, f"delay {ASSUMED_DELAY_MS:.0f} ms assumed"
    else:
        delay = round_trip_ms / 2 + 2 * jitter_ms + PACKET_TIME_MS
        words = f"delay {delay:.0f} ms"
    scale = " on the narrow-band scale" if impairment.wideband else ""
    rating = DEFAULT_RATING - delay_impairment(delay) - loss_impairment(impairment, loss)
    return score(rating), f"E-model G.107, {codec}{scale}, loss and {words}"


def loss_impairment(codec: Impairment, loss: float) -> float:
    """Ie,eff of G.107 §7.5 for random loss."""
    percent = 100 * loss
    return codec.equipment + (95 - codec.equipment) * percent / (percent + codec.robustness)


def delay_impairment(one_way_ms: float) -> float:
    """Id of G.107 §7.4 above that of no delay, which the default rating holds already."""
    return _delay_impairment(one_way_ms) - _delay_impairment(0.0)


def _delay_impairment(delay: float) -> float:
    noise = -61.18  # No, dBm0p: the sum of all noise at its defaults
    signal = 94.77  # Ro = 15 - 1.5 (SLR + No)
    # Talker echo, TELR 65 dB.
    loudness = 65 - 40 * log10((1 + delay / 10) / (1 + delay / 150)) + 6 * exp(-0.3 * delay**2)
    spread = (-1.5 * (noise - 2) - (80 + 2.5 * (loudness - 14))) / 2
    talker = (spread + sqrt(spread**2 + 100) - 1) * (1 - exp(-delay))
    # Listener echo, WEPL 110 dB.
    spread = (signal - 10.5 * (110 + 7) / pow(2 * delay + 1, 0.25)) / 2
    listener = spread + sqrt(spread**2 + 169)
    # Delay alone.
    pure = 0.0
    if delay > 100:
        x = log2(delay / 100)
        pure = 25 * (pow(1 + x**6, 1 / 6) - 3 * pow(1 + (x / 3) ** 6, 1 / 6) + 2)
    return talker + listener + pure


def score(rating: float) -> float:
    """G.107 annex B; its cubic falls below 1 near nought, where MOS ends."""
    if rating <= 0:
        return 1.0
    if rating >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
