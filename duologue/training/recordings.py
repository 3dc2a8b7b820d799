"""Real speech with the time of each word, as shards: what synthesised voices cannot teach."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from duologue.training.align import follow
from duologue.training.corpus import Clip, Corpus
from duologue.training.shards import Record, write_parallel
from duologue.training.speech import Speech, to_record

SETS = ("kathleen_en", "speechocean762_en_nonnative")
OWN = {"kathleen_en": "kathleen"}  # sets whose speaker is also a voice of the assistant
LONGEST = 8.0  # seconds


@dataclass(frozen=True, slots=True)
class _Some:
    """Every `of`-th clip of a set, from the `seed`-th on: the work of one seed."""

    data: Path
    name: str
    of: int

    def __call__(self, seed: int) -> list[Record]:
        clips = Corpus(self.data).clips(self.name, "train")
        return [
            record
            for at, clip in enumerate(clips)
            if at % self.of == seed
            for record in _record(clip, self.name)
        ]


def write_recordings(folder: Path, data: Path, processes: int = 1, parts: int = 8) -> None:
    """Write the training side of each set found in the data folder as a shard folder of its own."""
    present = Corpus(data).names("audio")
    for name in SETS:
        if name in present:
            write_parallel(
                folder / name, _Some(data, name, parts), range(parts), processes, 1, f"recordings {name}"
            )


def _record(clip: Clip, name: str) -> Iterator[Record]:
    """None for a clip that is long, says nothing, or that the aligner cannot follow."""
    if not clip.text or len(clip.samples) > LONGEST * 16_000:
        return
    aligned = follow(clip.samples, clip.text, clip.language or "en")
    if aligned.followed:
        words = tuple((word.text, word.start, word.end) for word in aligned.words)
        yield to_record(
            Speech(clip.samples, clip.text, words, OWN.get(name, name), clip.language or "en", "neutral")
        )
