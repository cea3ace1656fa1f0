"""MOS from what the relay measures: the E-model, ITU-T G.107, with its default values.

R = 93.2 - Id - Ie,eff: nothing is known here of the phones and rooms, so all that the model holds
of them stays at its default (table 2). Ie,eff takes the loss and its burst ratio (§7.5): how long
the runs of lost packets are, compared with those of random loss of the same amount.

One narrow-band scale for all codecs, so that calls can be compared. The wide-band scale (G.107.1)
reaches 129 where this one ends at 93.2, and there a narrow-band codec's Ie grows by the difference,
35.8. A wide-band codec with an Ie,wb below that is better than any narrow-band one can be; here it
has Ie = 0, as good as G.711. So its score is on the low side, and `mos` says which scale it is on.
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
    caution: str = ""
    """What else the reader of a score has to know, in brackets behind the codec."""


_CONCEALED = 25.1
"""Bpl of G.711 with the concealment of its appendix I, as phones do it; without, it is 4.3."""

_G711 = Impairment(0.0, _CONCEALED)
_G729 = Impairment(11.0, 19.0)
_WIDEBAND = "narrow-band scale, loss estimated"

CODECS = {
    # ITU-T G.113 appendix I: provisional planning values, Ie and Bpl.
    "pcmu": _G711,
    "pcma": _G711,
    "g729": _G729,
    "g729a": _G729,
    "g723": Impairment(15.0, 16.1),
    "gsm-efr": Impairment(5.0, 10.0),
    "amr": Impairment(5.0, 10.0, "at 12.2 kbit/s"),  # that mode is GSM-EFR
    # Ie published and Bpl not: as GSM-EFR, which repeats lost frames in the same way.
    "gsm": Impairment(20.0, 10.0, "loss estimated"),
    # Nothing by the ITU. RFC 3951 §1: under loss like G.711 with concealment; without, like G.729.
    "ilbc": Impairment(11.0, _CONCEALED, "estimated"),
    # Ie,wb 13 (G.722 at 64 kbit/s, AMR-WB at 12.65) and below; see above.
    "g722": Impairment(0.0, _CONCEALED, _WIDEBAND),
    "amr-wb": Impairment(0.0, 10.0, _WIDEBAND),
    "opus": Impairment(0.0, _CONCEALED, _WIDEBAND),
}
"""By the encoding name of SDP, in lower case."""


def mos(
    codec: str | None,
    loss: float,
    jitter_ms: float,
    round_trip_ms: float | None,
    burst_ratio: float = 1.0,
) -> tuple[float, str] | None:
    """Score 1..4.5 and how it was found; None for a codec of which nothing is known.

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
    caution = f" ({impairment.caution})" if impairment.caution else ""
    rating = (
        DEFAULT_RATING - delay_impairment(delay) - loss_impairment(impairment, loss, burst_ratio)
    )
    if burst_ratio > 1:
        words = f"burst ratio {burst_ratio:.1f}, {words}"
    return score(rating), f"E-model G.107, {codec}{caution}, loss and {words}"


def burst_ratio(expected: int, lost: int, bursts: int) -> float:
    """BurstR of G.107 §7.5: the mean length of the runs of lost packets, over that of random loss.

    Below 1 (loss that is spread more evenly than by chance) the model does not go.
    """
    if not bursts or lost >= expected:
        return 1.0
    return max(1.0, lost / bursts * (1 - lost / expected))


def loss_impairment(codec: Impairment, loss: float, burst_ratio: float = 1.0) -> float:
    """Ie,eff of G.107 §7.5."""
    percent = 100 * loss
    share = percent / (percent / burst_ratio + codec.robustness)
    return codec.equipment + (95 - codec.equipment) * share


def delay_impairment(one_way_ms: float) -> float:
    """Id of G.107 §7.4 above that of no delay, which the default rating holds already."""
    return _delay_impairment(one_way_ms) - _delay_impairment(0.0)


def _delay_impairment(delay: float) -> float:
    noise = -61.18  # No, dBm0p: all noise added up, at its defaults
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
