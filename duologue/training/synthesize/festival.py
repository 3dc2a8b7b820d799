"""The festival synthesiser (diphone voices in English and Italian, an HTS voice), one program run a sentence.

Slow to start, so it serves for evaluation rather than for training in bulk. Knows neither manners nor levels.
"""

import subprocess
import tempfile
import unicodedata
from pathlib import Path

import soundfile
import soxr

from duologue.model.mel import SAMPLE_RATE
from duologue.training.synthesize.utterance import Phoneme, Spoken, timed_words, written_words

REMEDY = (
    "apt-get install festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts"
    " festvox-italp16k festvox-itapc16k"
)
_PAUSES = ("pau", "#", "_")
_SCHEME = """
(voice_{voice})
(Parameter.set 'Duration_Stretch {stretch})
(set! u (utt.synth (Utterance Text "{text}")))
(utt.save.wave u "{wave}" 'riff)
(mapcar (lambda (s) (format t "segment %s %f\\n" (item.name s) (item.feat s 'end)))
  (utt.relation.items u 'Segment))
(mapcar (lambda (s) (format t "word %f %f %s\\n"
    (item.feat s 'word_start) (item.feat s 'word_end) (item.feat s "R:Token.parent.id")))
  (utt.relation.items u 'Word))
"""


def speak(text: str, voice: str, rate: float = 1.0) -> Spoken:
    """Say prepared text with one of festival's voices, e.g. ked_diphone."""
    chunks = written_words(text)
    plain = "".join(c for c in _latin(text) if c not in '"\\')
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "speech.wav"
        script = _SCHEME.format(voice=voice, stretch=1.0 / rate, text=plain, wave=wave)
        lines = _festival(script)
        if not wave.exists():
            raise RuntimeError(
                f"{voice} could not say {text[:40]!r}; it may hold letters unknown in its language"
            )
        samples, sample_rate = soundfile.read(wave, dtype="float32")
    if sample_rate != SAMPLE_RATE:
        samples = soxr.resample(samples, sample_rate, SAMPLE_RATE)
    phonemes = _phonemes([line[1:] for line in lines if line[0] == "segment"])
    spans = _spans([line[1:] for line in lines if line[0] == "word"])
    return Spoken(samples, tuple(timed_words(chunks, spans, phonemes)), tuple(phonemes))


def _latin(text: str) -> str:
    """Keep what festival's voices read: Latin 1, without the marks that they do not know."""
    return unicodedata.normalize("NFC", text).encode("latin-1", "ignore").decode("latin-1")


def _festival(script: str) -> list[list[str]]:
    """Run a script; return the lines it printed, cut at spaces."""
    try:
        done = subprocess.run(
            ["festival", "--pipe"],
            input=script.encode("latin-1"),
            capture_output=True,
            timeout=120,
            check=False,
        )
    except FileNotFoundError as error:
        raise RuntimeError(f"the program festival is missing; {REMEDY}") from error
    if b"unbound variable : voice_" in done.stderr:
        raise RuntimeError(f"festival has not all the voices that training uses; {REMEDY}")
    lines = [line.split() for line in done.stdout.decode("latin-1").splitlines()]
    return [line for line in lines if line and line[0] in ("segment", "word")]


def _phonemes(rows: list[list[str]]) -> list[Phoneme]:
    phonemes, start = [], 0.0
    for name, end in rows:
        phonemes.append(Phoneme("pau" if name in _PAUSES else name, start, float(end)))
        start = float(end)
    return phonemes


def _spans(rows: list[list[str]]) -> list[tuple[float, float]]:
    """Return first and last instant of each token: the spoken words of one token share its id."""
    spans: dict[str, tuple[float, float]] = {}
    for start, end, token in rows:
        spans[token] = spans.get(token, (float(start), 0.0))[0], float(end)
    return list(spans.values())
