"""The flite synthesiser (American and Scottish English; diphone and statistical voices), in this process.

Knows neither manners nor levels. One lock: its voices carry settings, and its noise comes from C's `rand`.
"""

import ctypes as c
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, cast

import numpy as np
import soxr

from duologue.model.mel import SAMPLE_RATE
from duologue.training.synthesize.utterance import Phoneme, Spoken, timed_words, written_words

REMEDY = "apt-get install flite libflite1"
PITCH_IS_NATIVE = {"slt", "kal16", "kal"}  # the other voices ignore f0_shift

_lock = threading.Lock()


class _Wave(c.Structure):
    _fields_ = [
        ("type", c.c_char_p),
        ("rate", c.c_int),
        ("num_samples", c.c_int),
        ("num_channels", c.c_int),
        ("samples", c.POINTER(c.c_short)),
    ]


class _Voice(c.Structure):
    _fields_ = [("name", c.c_char_p), ("features", c.c_void_p)]


class _Flite:
    """The C functions used, with their types; loaded once a process."""

    def __init__(self) -> None:
        lib = _load("libflite.so.1")
        _load("libflite_usenglish.so.1")
        _load("libflite_cmulex.so.1")
        lib.flite_init()
        pointer, text = c.c_void_p, c.c_char_p
        self.synth = _typed(lib.flite_synth_text, pointer, text, pointer)
        self.wave = _typed(lib.utt_wave, c.POINTER(_Wave), pointer)
        self.relation = _typed(lib.utt_relation, pointer, pointer, text)
        self.head = _typed(lib.relation_head, pointer, pointer)
        self.next = _typed(lib.item_next, pointer, pointer)
        self.string = _typed(lib.ffeature_string, text, pointer, text)
        self.number = _typed(lib.ffeature_float, c.c_float, pointer, text)
        self.set = _typed(lib.feat_set_float, None, pointer, text, c.c_float)
        self.get = _typed(lib.get_param_float, c.c_float, pointer, text, c.c_float)
        self.delete = _typed(lib.delete_utterance, None, pointer)
        self.srand = c.CDLL(None).srand

    def items(self, utterance: int, relation: bytes) -> Iterator[int]:
        item = self.head(self.relation(utterance, relation))
        while item:
            yield item
            item = self.next(item)


def _typed(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """Tell ctypes a C function's types; they have no static counterpart, hence Any."""
    function.restype, function.argtypes = result, list(arguments)
    return cast(Callable[..., Any], function)


def _load(name: str) -> c.CDLL:
    try:
        return c.CDLL(name, mode=c.RTLD_GLOBAL)
    except OSError as error:
        raise RuntimeError(f"the flite library {name} is missing; {REMEDY}") from error


@cache
def _flite() -> _Flite:
    return _Flite()


@cache
def _voice(name: str) -> tuple[int, float]:
    """Return the C voice and its own duration stretch."""
    library = _load(f"libflite_cmu_us_{name}.so.1")
    voice = _typed(getattr(library, f"register_cmu_us_{name}"), c.c_void_p, c.c_char_p)(None)
    features = c.cast(voice, c.POINTER(_Voice)).contents.features
    return voice, float(_flite().get(features, b"duration_stretch", 1.0))


def speak(text: str, voice: str, rate: float = 1.0, pitch: float = 1.0) -> Spoken:
    """Say prepared text with slt, rms, awb, kal16 or kal; `pitch` counts for PITCH_IS_NATIVE voices only."""
    chunks = written_words(text)
    with _lock:
        flite = _flite()
        pointer, stretch = _voice(voice)
        features = c.cast(pointer, c.POINTER(_Voice)).contents.features
        flite.set(features, b"duration_stretch", stretch / rate)
        flite.set(features, b"f0_shift", pitch)
        flite.srand(1)
        utterance = flite.synth(_ascii(text), pointer)
        if not utterance:
            raise RuntimeError(f"flite could not say {text[:40]!r}")
        try:
            wave = flite.wave(utterance).contents
            samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).astype(np.float32) / 32768.0
            phonemes = _phonemes(flite, utterance)
            spans = _spans(flite, utterance)
            sample_rate = int(wave.rate)
        finally:
            flite.delete(utterance)
    if sample_rate != SAMPLE_RATE:
        samples = soxr.resample(samples, sample_rate, SAMPLE_RATE)
    return Spoken(samples, tuple(timed_words(chunks, spans, phonemes)), tuple(phonemes))


def _ascii(text: str) -> bytes:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore")


def _phonemes(flite: _Flite, utterance: int) -> list[Phoneme]:
    phonemes, start = [], 0.0
    for item in flite.items(utterance, b"Segment"):
        end = float(flite.number(item, b"end"))
        phonemes.append(Phoneme(flite.string(item, b"name").decode(), start, end))
        start = end
    return phonemes


def _spans(flite: _Flite, utterance: int) -> list[tuple[float, float]]:
    """Return first and last instant of each token; a token is what stands between two spaces."""
    first = b"R:Token.daughter1.R:SylStructure.daughter1.daughter1.R:Segment.p.end"
    last = b"R:Token.daughtern.R:SylStructure.daughtern.daughtern.R:Segment.end"
    return [
        (float(flite.number(item, first)), float(flite.number(item, last)))
        for item in flite.items(utterance, b"Token")
    ]
