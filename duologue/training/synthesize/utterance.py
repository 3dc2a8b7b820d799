"""What a synthesiser gives: sound with the time of every word and phoneme, and how text is cut into words.

Knows no synthesiser. Times are seconds from the first sample.
"""

import re
import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from duologue.model.mel import SAMPLE_RATE, Samples

LEVEL_DBFS = -23.0  # RMS of a neutral utterance; leaves 23 dB for peaks
LONGEST_TEXT = 4000  # characters: about four minutes
MARGIN_S = 0.02  # silence kept before the first and after the last audible sample


@dataclass(frozen=True, slots=True)
class Word:
    """A written word, without the punctuation around it."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Phoneme:
    """A sound in the synthesiser's own notation; `pau` is a pause."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech as training sees it: what is heard, what was written, and when each piece of it sounds."""

    samples: Samples
    text: str
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]
    voice: str
    language: str
    manner: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an engine returns, before levels and manners: sound at 16 kHz, words and phonemes."""

    samples: Samples
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A written word and where it stands in the prepared text (character offsets)."""

    text: str
    start: int
    end: int


def prepare(text: str) -> str:
    """Write the text with plain spaces, quotes and dashes, so that every engine cuts it at the same places.

    Raises ValueError where nothing in it can be said, or where it is far too long for one utterance.
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{len(text)} characters are too many to say at once; cut the text into sentences")
    plain = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2026: "..."})
    plain = re.sub(r"\s*[–—]+\s*|\s-+\s", ", ", plain)
    plain = unicodedata.normalize("NFC", "".join(c if c.isprintable() else " " for c in plain))
    plain = " ".join(part for part in plain.split() if any(c.isalnum() for c in part))
    if not plain:
        raise ValueError(f"nothing to say in {text[:40]!r}; give at least one word")
    return plain


def written_words(prepared: str) -> list[Chunk]:
    """Cut prepared text at its spaces and strip each word's surrounding punctuation."""
    chunks = []
    for match in re.finditer(r"\S+", prepared):
        inner = [i for i, c in enumerate(match.group()) if c.isalnum()]
        start, end = match.start() + inner[0], match.start() + inner[-1] + 1
        chunks.append(Chunk(prepared[start:end], start, end))
    return chunks


def spread(chunks: list[Chunk], start: float, end: float) -> list[Word]:
    """Share out a stretch of time over words by their letters, where nothing better is known."""
    sizes = np.array([len(c.text) + 1 for c in chunks], dtype=np.float64)
    edges = start + (end - start) * np.concatenate([[0.0], np.cumsum(sizes)]) / sizes.sum()
    return [Word(c.text, float(a), float(b)) for c, a, b in zip(chunks, edges, edges[1:], strict=False)]


def timed_words(chunks: list[Chunk], spans: list[tuple[float, float]], phonemes: list[Phoneme]) -> list[Word]:
    """Give each written word its token's first and last instant, or a share where the engine cut otherwise.

    A token without a pronunciation has no time of its own: engines answer 0, and it becomes a point.
    """
    sounding = [p for p in phonemes if p.name != "pau"]
    if not sounding:
        raise RuntimeError("the synthesiser gave only silence; the text may have no sound in this language")
    if len(spans) != len(chunks):
        return spread(chunks, sounding[0].start, sounding[-1].end)
    words, last = [], sounding[0].start
    for chunk, (start, end) in zip(chunks, spans, strict=True):
        start = max(start, last)
        last = max(end, start)
        words.append(Word(chunk.text, start, last))
    return words


def trim(spoken: Spoken) -> Spoken:
    """Cut leading and trailing silence to MARGIN_S and move the times with it."""
    size = SAMPLE_RATE // 200  # 5 ms
    blocks = spoken.samples[: len(spoken.samples) // size * size].reshape(-1, size)
    loud = np.sqrt((blocks**2).mean(axis=1))
    # 40 dB below the loudest block: quieter than any fricative, louder than a synthesiser's dither.
    heard = np.flatnonzero(loud > loud.max() * 0.01) if len(loud) else np.zeros(0, dtype=np.int64)
    if not len(heard):
        raise RuntimeError("the synthesiser gave only silence; the text may have no sound in this language")
    margin = int(MARGIN_S * SAMPLE_RATE)
    first = max(0, int(heard[0]) * size - margin)
    last = min(len(spoken.samples), (int(heard[-1]) + 1) * size + margin)
    samples = np.ascontiguousarray(spoken.samples[first:last])
    length = len(samples) / SAMPLE_RATE

    def moved(seconds: float) -> float:
        return min(max(seconds - first / SAMPLE_RATE, 0.0), length)

    return Spoken(
        samples,
        tuple(replace(w, start=moved(w.start), end=moved(w.end)) for w in spoken.words),
        tuple(replace(p, start=moved(p.start), end=moved(p.end)) for p in spoken.phonemes),
    )


def levelled(samples: Samples, dbfs: float = LEVEL_DBFS) -> Samples:
    """Scale to an RMS level; peaks that would pass full scale are bent softly instead of clipped."""
    rms = float(np.sqrt(np.mean(samples**2)))
    scaled = samples * (10.0 ** (dbfs / 20.0) / max(rms, 1e-6))
    over = np.abs(scaled) > 0.9
    bent = np.sign(scaled) * (0.9 + 0.1 * np.tanh((np.abs(scaled) - 0.9) / 0.1))
    return np.asarray(np.where(over, bent, scaled), np.float32)
