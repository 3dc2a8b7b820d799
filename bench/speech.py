"""What the callers say: recordings of a folder, or sentences that flite or espeak-ng speaks. 24 kHz mono."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from bench.player import RATE, Samples, first_audible, last_audible
from duologue.errors import BadInput

QUESTIONS = (
    "What is the capital of France?",
    "How many legs does a spider have?",
    "Tell me a short story about the sea.",
    "What colour is the sky on a clear day?",
    "How are you today?",
    "Which animal says meow?",
    "What is two plus three?",
    "Who are you?",
)
INTERRUPTION = "Wait, stop please. What day comes after Monday?"
VOICES = ("slt", "rms", "awb")  # flite's
LOUDNESS = 0.08  # root mean square of every utterance: a near microphone


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """Begins and ends with an audible sample."""

    words: str
    samples: Samples


def questions(folder: Path | None = None) -> list[Utterance]:
    """The recordings of `folder`, else the questions above. Raises BadInput."""
    if folder is None:
        return spoken(QUESTIONS)
    found = sorted(
        path for path in folder.glob("*") if path.suffix.lower() in (".wav", ".flac", ".ogg", ".mp3")
    )
    if not found:
        raise BadInput(f"no WAV, FLAC, OGG or MP3 in {folder}; name a folder with recordings of questions")
    return [_utterance(path.stem, path) for path in found]


def spoken(sentences: Sequence[str]) -> list[Utterance]:
    """Synthesise, each with the next voice. Raises BadInput where there is no synthesiser."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        said = []
        for number, sentence in enumerate(sentences):
            subprocess.run(_command(sentence, path, number), check=True, capture_output=True)
            said.append(_utterance(sentence, path))
        return said


def _command(sentence: str, path: Path, number: int) -> list[str]:
    if shutil.which("flite"):
        return ["flite", "-voice", VOICES[number % len(VOICES)], "-t", sentence, "-o", str(path)]
    if shutil.which("espeak-ng"):
        return ["espeak-ng", "-s", "150", "-w", str(path), sentence]
    raise BadInput("neither flite nor espeak-ng is here; install one, or name a folder of recordings")


def _utterance(words: str, path: Path) -> Utterance:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(samples.mean(axis=1), rate, RATE).astype(np.float32)
    mono *= LOUDNESS / max(1e-6, float(np.sqrt(np.mean(mono**2))))
    mono = np.clip(mono, -0.99, 0.99)
    begin, end = first_audible(mono), last_audible(mono)
    if begin is None or end is None:
        raise BadInput(f"{path.name} holds nothing audible; take it out of the folder")
    return Utterance(words, mono[begin : end + 1])
