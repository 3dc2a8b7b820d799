"""The espeak-ng synthesiser (formant voices, many languages and variants), one helper program a process.

Knows neither manners nor levels. Why a helper program: see espeak_child.py.
"""

import atexit
import contextlib
import json
import math
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import soxr

from duologue.model.mel import SAMPLE_RATE
from duologue.training.synthesize.utterance import Chunk, Phoneme, Spoken, Word, spread, written_words

REMEDY = "apt-get install espeak-ng libespeak-ng1"
WORDS_PER_MINUTE = 165
LOWEST_PITCH, HIGHEST_PITCH = 0.7, 1.6  # factors that espeak-ng can give a voice
_WORD, _PHONEME = 1, 7

_lock = threading.Lock()
_child: tuple[int, subprocess.Popen[bytes]] | None = None  # the process that started it, and it


def speak(text: str, voice: str, rate: float = 1.0, pitch: float = 1.0) -> Spoken:
    """Say prepared text with an espeak-ng voice name like "en-us+f3"; the pitch within its two limits."""
    chunks = written_words(text)
    request: dict[str, str | int] = {
        "text": text,
        "voice": voice,
        "rate": round(min(max(WORDS_PER_MINUTE * rate, 80), 450)),
        "pitch": _pitch_parameter(pitch),
    }
    header, raw = _ask(request)
    sample_rate = header["sample_rate"]
    samples = np.frombuffer(raw, dtype="<i2").astype(np.float32) / 32768.0
    end = len(samples) / sample_rate
    events = [
        (kind, place, length, at / sample_rate, name) for kind, place, length, at, name in header["events"]
    ]
    phonemes = _phonemes(events, end)
    return Spoken(
        soxr.resample(samples, sample_rate, SAMPLE_RATE).astype(np.float32),
        tuple(_words(chunks, events, phonemes)),
        tuple(phonemes),
    )


def _pitch_parameter(factor: float) -> int:
    """Return espeak-ng's pitch, 0 to 99, where 50 is the voice's own and 0 and 99 an octave off.

    It moves the base of a voice and not the range above it, which is a third of the pitch that is heard.
    """
    base = 1.0 + (factor - 1.0) / 0.66
    return round(min(max(50 + 50 * math.log2(max(base, 0.5)), 0), 99))


def _ask(request: dict[str, str | int]) -> tuple[dict, bytes]:  # type: ignore[type-arg]
    with _lock:
        pipe = _running()
        assert pipe.stdin is not None
        assert pipe.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # then it has left its reason on the other pipe
            pipe.stdin.write(json.dumps(request).encode() + b"\n")
            pipe.stdin.flush()
        lengths = pipe.stdout.read(8)
        if len(lengths) < 8:
            _forget()
            raise RuntimeError(f"espeak-ng's helper program ended; {REMEDY}")
        head, body = struct.unpack("<II", lengths)
        header = json.loads(pipe.stdout.read(head))
        raw = pipe.stdout.read(body)
    if "error" in header:
        raise RuntimeError(f"{header['error']}; {REMEDY}")
    return header, raw


def _running() -> subprocess.Popen[bytes]:
    """Start the helper program, once a process: a forked worker must not share its parent's pipe."""
    global _child
    if _child is None or _child[0] != os.getpid() or _child[1].poll() is not None:
        program = Path(__file__).with_name("espeak_child.py")
        command = [sys.executable, "-I", "-S", str(program)]
        _child = os.getpid(), subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(_stop, _child[1])
    return _child[1]


def _stop(program: subprocess.Popen[bytes]) -> None:
    """Let the helper program end by ending its input, and wait for it."""
    with contextlib.suppress(BrokenPipeError):
        program.communicate()


def _forget() -> None:
    global _child
    _child = None


_Event = tuple[int, int, int, float, str]  # kind, text position, length, seconds, phoneme


def _phonemes(events: list[_Event], end: float) -> list[Phoneme]:
    sounds = [(at, name) for kind, _, _, at, name in events if kind == _PHONEME]
    phonemes = []
    for (at, name), (until, _) in zip(sounds, [*sounds[1:], (end, "")], strict=True):
        if until > at:
            phonemes.append(Phoneme("pau" if name.startswith("_") else name, at, until))
    return phonemes


def _words(chunks: list[Chunk], events: list[_Event], phonemes: list[Phoneme]) -> list[Word]:
    """Give each written word the time from its event to its last sounding phoneme.

    espeak-ng joins some short words ("of the") into one event: such words share its time by their letters.
    """
    starts: dict[int, float] = {}  # index of chunk -> seconds
    for kind, place, length, at, _ in events:
        index = next((i for i, c in enumerate(chunks) if c.start - 1 <= place < c.end), None)
        if kind != _WORD or length <= 0 or index is None or index in starts:
            continue
        # At the end of a clause espeak-ng repeats an old position: time may not run against the text.
        if all(at >= start for i, start in starts.items() if i < index):
            starts[index] = at
    sounding = [p for p in phonemes if p.name != "pau"]
    if not sounding:
        raise RuntimeError("espeak-ng gave only silence; the text may have no sound in this language")
    starts.setdefault(0, sounding[0].start)
    heads = sorted(starts)
    words: list[Word] = []
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        limit = starts[following] if following is not None else sounding[-1].end
        begin = min(starts[head], limit)
        ends = [p.end for p in sounding if begin <= p.start < limit]
        until = min(max(ends), limit) if ends else limit
        words += spread(chunks[head:following], begin, until)
    return words
