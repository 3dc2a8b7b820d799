"""When each word of a recording is said, from its text: the labels of the transcript stream for real speech.

A small English recogniser (pocketsphinx) is made to follow the text. Where it cannot, the words share out the
sounding part by their letters. Good to some tens of milliseconds, not to a phoneme.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from duologue.sound import SAMPLE_RATE, Samples
from duologue.training.synthesize.utterance import Chunk, Word, prepare, spread, written_words

HOP = SAMPLE_RATE // 100  # the recogniser's frames: 10 ms
PAD_FRAMES = 20  # silence put before and after: it wants to begin and end in silence
QUIET_DB = -35.0  # a frame this far under the loudest is no part of a word
LEVEL = 0.1  # RMS the recogniser was made for

# How letters sound, in the recogniser's English phones: enough to follow a word that its dictionary lacks.
LETTERS = {
    **dict(zip("abcdefghijklmnopqrstuvwxyz", (
        "AH", "B", "K", "D", "EH", "F", "G", "HH", "IH", "JH", "K", "L", "M", "N", "OW", "P", "K", "R", "S",
        "T", "AH", "V", "W", "K S", "IY", "Z"), strict=True)),
    "ß": "S", "sch": "SH", "sh": "SH", "tch": "CH", "ch": "CH", "th": "TH", "ph": "F", "ck": "K", "qu": "K W",
    "ng": "NG", "ee": "IY", "ea": "IY", "ie": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oa": "OW",
    "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY", "ei": "EY", "au": "AO", "aw": "AO", "igh": "AY",
    "dge": "JH", "bb": "B", "cc": "K", "dd": "D", "ff": "F", "gg": "G", "ll": "L", "mm": "M", "nn": "N",
    "pp": "P", "rr": "R", "ss": "S", "tt": "T", "zz": "Z",
}  # fmt: skip
OTHER_LETTERS = {  # where another language differs much
    "de": {
        "ä": "EH", "ö": "ER", "ü": "UW", "j": "Y", "u": "UH", "w": "V", "v": "F", "z": "T S", "tz": "T S",
        "ei": "AY", "eu": "OY", "äu": "OY", "au": "AW", "ch": "HH", "th": "T", "ea": "EH AH", "ow": "OW V",
    },
    "es": {"j": "HH", "ll": "Y", "ñ": "N Y", "qu": "K", "h": "", "z": "S", "u": "UW", "i": "IY", "v": "B"},
    "fr": {"j": "ZH", "ch": "SH", "ou": "UW", "qu": "K", "h": "", "oi": "W AH", "ai": "EH", "au": "OW"},
    "it": {"ch": "K", "gh": "G", "sc": "SH", "gn": "N Y", "h": "", "z": "T S", "u": "UW", "i": "IY"},
}  # fmt: skip

Loud = NDArray[np.bool_]  # (frames of 10 ms,): whether something sounds in it


@dataclass(frozen=True, slots=True)
class Alignment:
    words: tuple[Word, ...]
    followed: bool  # False: the recogniser could not follow, the times are shared out by letters


def align(samples: Samples, text: str, language: str = "en") -> tuple[Word, ...]:
    """When each written word is said (seconds). Raises ValueError where the text has no word."""
    return follow(samples, text, language).words


def follow(samples: Samples, text: str, language: str = "en") -> Alignment:
    """Like `align`, and says whether the recogniser could follow. About 50 times faster than real time."""
    chunks = written_words(prepare(text))
    loud = _loud_frames(samples)
    spans = _spans(samples, [_pieces(chunk) for chunk in chunks], language) if loud.any() else None
    if spans is None:
        return Alignment(_shared_out(chunks, loud), followed=False)
    words = []
    for chunk, (start, end) in zip(chunks, spans, strict=True):
        heard = start + np.flatnonzero(loud[start:end])
        if len(heard):  # a pause beside a word belongs to nobody
            start, end = int(heard[0]), int(heard[-1]) + 1
        words.append(Word(chunk.text, start / 100, end / 100))
    return Alignment(tuple(words), followed=True)


def _spans(samples: Samples, pieces: list[list[str]], language: str) -> list[tuple[int, int]] | None:
    """First and last+1 frame of every word; None where the recogniser cannot follow."""
    if not all(pieces):
        return None
    decoder = _decoder()
    names = [[_known(decoder, piece, language) for piece in word] for word in pieces]
    decoder.set_align_text(" ".join(name for word in names for name in word))
    decoder.reinit_feat()  # its estimate of the noise would outlive the clip: labels must not depend on order
    decoder.start_utt()
    decoder.process_raw(_pcm(samples), full_utt=True)
    decoder.end_utt()
    found = [s for s in decoder.seg() or () if s.word[0] not in "<["] if decoder.hyp() else []
    if [re.sub(r"\(\d+\)$", "", s.word) for s in found] != [name for word in names for name in word]:
        return None
    last = len(samples) // HOP
    edges = iter([(s.start_frame - PAD_FRAMES, s.end_frame + 1 - PAD_FRAMES) for s in found])
    spans = []
    for word in names:
        parts = [next(edges) for _ in word]
        spans.append((min(max(parts[0][0], 0), last), min(max(parts[-1][1], 0), last)))
    return spans


@cache
def _decoder() -> pocketsphinx.Decoder:
    """One a process: loading takes 0.4 s."""
    return pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", beam=1e-64, pbeam=1e-64, wbeam=1e-40)


def _known(decoder: pocketsphinx.Decoder, piece: str, language: str) -> str:
    """The name under which the recogniser knows a word, taught by its letters if need be."""
    name = piece if language == "en" else f"{language}:{piece}"
    if decoder.lookup_word(name) is None:
        decoder.add_word(name, phones(piece, language), False)
    return name


def phones(word: str, language: str = "en") -> str:
    """How a word may sound, by its letters alone."""
    table = {**LETTERS, **OTHER_LETTERS.get(language, {})}
    found = []
    at = 0
    while at < len(word):
        size = next((n for n in (3, 2, 1) if word[at : at + n] in table and at + n <= len(word)), 0)
        letters = word[at : at + size] or unicodedata.normalize("NFKD", word[at])[0]
        found += table.get(letters, "").split()
        at += max(size, 1)
    return " ".join(found or ["AH"])


def _pieces(chunk: Chunk) -> list[str]:
    """A written word in the words a recogniser knows: "good-bye" is two, "42" none."""
    if re.search(r"\d", chunk.text):
        return []
    return [
        piece.strip("'") for piece in re.findall(r"(?:[^\W\d_]|')+", chunk.text.lower()) if piece.strip("'")
    ]


def _pcm(samples: Samples) -> bytes:
    level = LEVEL / max(float(np.sqrt(np.mean(samples**2))), 1e-6)
    # A breath of noise: the recogniser takes the logarithm of what it hears.
    padded = np.random.default_rng(0).normal(0, 3e-4, len(samples) + 2 * PAD_FRAMES * HOP)
    padded[PAD_FRAMES * HOP : PAD_FRAMES * HOP + len(samples)] += samples * level
    return (np.clip(padded, -1, 1) * 32767).astype("<i2").tobytes()


def _loud_frames(samples: Samples) -> Loud:
    power = np.square(samples[: len(samples) // HOP * HOP].reshape(-1, HOP), dtype=np.float64).mean(axis=1)
    is_loud: Loud = power > max(float(power.max(initial=0)) * 10 ** (QUIET_DB / 10), 1e-9)
    return is_loud


def _shared_out(chunks: list[Chunk], loud: Loud) -> tuple[Word, ...]:
    heard = np.flatnonzero(loud)
    start, end = (int(heard[0]), int(heard[-1]) + 1) if len(heard) else (0, len(loud))
    return tuple(spread(chunks, start / 100, end / 100))
