"""Own speech for the codec: sentences in every own voice and manner, as shards of `Speech`."""

from functools import lru_cache
from pathlib import Path

from numpy.random import default_rng

from duologue.training.examples import MANNERS_OWN, OWN_VOICES
from duologue.training.shards import Record
from duologue.training.speech import to_record
from duologue.training.synthesize.voices import speak

CLIPS = 24  # of one seed
MANNERED = 0.3  # the part that is not spoken neutrally


@lru_cache(maxsize=1)
def _sentences(path: Path) -> list[str]:
    return path.read_text().splitlines()


def make(sentences: Path, seed: int) -> list[Record]:
    """The records of one seed: each a sentence in one of the own voices, under the network's name for it."""
    rng = default_rng((seed, 7))
    lines, names = _sentences(sentences), list(OWN_VOICES)
    records = []
    for _ in range(CLIPS):
        text, name = lines[rng.integers(len(lines))], names[rng.integers(len(names))]
        manner = MANNERS_OWN[rng.integers(len(MANNERS_OWN))] if rng.random() < MANNERED else "neutral"
        records.append(to_record(speak(text, OWN_VOICES[name], manner=manner)) | {"voice": name})
    return records
