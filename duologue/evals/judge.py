"""The judge of our own speech: a recogniser that is no part of our network.

pocketsphinx 5 with the English acoustic model, dictionary and trigrams of its wheel: an open vocabulary that
knows nothing of our sentences, so that it cannot guess what was to be said. Its settings were chosen on
synthesised reference sentences before there was any network of ours to judge, and not tuned since.
"""

from __future__ import annotations

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from duologue.sound import SAMPLE_RATE

Samples = NDArray[np.float32]

MARGIN_S = 0.3  # silence added on both sides: the judge's models of silence need some
PEAK = 0.5  # every sentence is judged at the same level
QUIETEST = 1e-3  # a peak below this (-60 dBFS) is no speech


class Judge:
    """Hears one sentence at a time; what was heard before does not matter."""

    def __init__(self) -> None:
        # cmn=batch estimates levels over the whole sentence; the default carries them to the next one.
        self._decoder = pocketsphinx.Decoder(pocketsphinx.Config(cmn="batch", loglevel="FATAL"))

    def hear(self, samples: Samples) -> str:
        """Return the words in (n,) samples at 16 kHz, lower case; "" for silence."""
        if len(samples) == 0 or float(np.abs(samples).max()) < QUIETEST:
            return ""
        even = np.pad(samples / np.abs(samples).max() * PEAK, int(MARGIN_S * SAMPLE_RATE))
        self._decoder.start_utt()
        self._decoder.process_raw((even * 32767).astype("<i2").tobytes(), no_search=False, full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return str(found.hypstr) if found is not None else ""
