"""Speech on disk: what somebody says, how, and when each word ends. Records of a shard folder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from duologue.training.shards import Record, Shards
from duologue.training.synthesize.voices import Utterance


@dataclass(frozen=True, slots=True)
class Speech:
    """An utterance as it is stored: words with their start and end in seconds."""

    samples: NDArray[np.float32]  # (n,) 16 kHz
    text: str
    words: tuple[tuple[str, float, float], ...]
    voice: str
    language: str
    manner: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / 16_000


def to_record(speech: Utterance | Speech) -> Record:
    words = [(w[0], w[1], w[2]) if isinstance(w, tuple) else (w.text, w.start, w.end) for w in speech.words]
    return {
        "samples": (np.clip(speech.samples, -1, 1) * 32767).astype(np.int16),
        "text": speech.text,
        "words": [list(word) for word in words],
        "voice": speech.voice,
        "language": speech.language,
        "manner": speech.manner,
    }


def from_record(record: Record) -> Speech:
    words = tuple((str(text), float(start), float(end)) for text, start, end in record["words"])
    return Speech(
        record["samples"].astype(np.float32) / 32767,
        record["text"],
        words,
        record["voice"],
        record["language"],
        record["manner"],
    )


class SpeechShards(Sequence[Speech]):
    """A shard folder of speech, read as it is asked for."""

    def __init__(self, shards: Shards, part: slice = slice(None)) -> None:
        self._shards, self._which = shards, range(len(shards))[part]

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, i: int) -> Speech:  # type: ignore[override]
        return from_record(self._shards[self._which[i]])

    def __iter__(self) -> Iterator[Speech]:
        return (self[i] for i in range(len(self)))
