"""Sound: files and bytes to samples and back, resampling, cutting into frames.

Inside Duologue all sound is float32, mono, 16 kHz, in [-1, 1]. Knows nothing of the network.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from duologue.errors import BadAudio
from duologue.files import write_whole

SAMPLE_RATE = 16000  # Hz
FRAME_SAMPLES = 1280  # one step of the network
FRAME_MS = 80  # FRAME_SAMPLES at SAMPLE_RATE
MAX_SECONDS = 600.0  # the default of settings.max_audio_s

Samples = NDArray[np.float32]

_BLOCK = 65536  # values decoded at once (all channels together), so an hour never lies in memory
_UNKNOWN = 2**62  # frames: a FLAC file that was streamed does not say how many there are
_LOUDEST = 8.0  # a float file above this holds integers in disguise, not sound in [-1, 1]
_FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
_KINDS = "WAV, FLAC, OGG or MP3"


def read(path: Path, max_seconds: float = MAX_SECONDS) -> Samples:
    """Read a WAV, FLAC, OGG or MP3 file of any rate and number of channels; (n,) samples. Raises BadAudio."""
    try:
        with path.open("rb") as file:
            return _decode(file, str(path), max_seconds)
    except FileNotFoundError:
        raise BadAudio(f"there is no file {path}; check the name") from None
    except OSError as error:
        raise BadAudio(f"cannot read {path} ({error.strerror}); check that you may read it") from None


def decode(content: bytes, max_seconds: float = MAX_SECONDS) -> Samples:
    """Like `read`, for a file that is already in memory."""
    return _decode(io.BytesIO(content), "the audio", max_seconds)


def _decode(file: BinaryIO, name: str, max_seconds: float) -> Samples:
    samples = np.concatenate([np.zeros(0, np.float32), *stream(file, name, max_seconds)])
    if len(samples) < FRAME_SAMPLES:
        got_ms = len(samples) / SAMPLE_RATE * 1000
        raise BadAudio(f"{name} holds {got_ms:.3g} ms of sound; send at least {FRAME_MS} ms")
    return samples


def stream(file: BinaryIO, name: str = "the audio", max_seconds: float = MAX_SECONDS) -> Iterator[Samples]:
    """Like `decode`, some seconds at a time, so that the whole never lies in memory. Raises BadAudio."""
    try:
        with soundfile.SoundFile(file) as source:
            is_known = source.frames < _UNKNOWN
            if is_known and source.frames > max_seconds * source.samplerate:
                raise too_long(name, max_seconds)
            yield from _to_mono_16k(source, name, max_seconds)
    except soundfile.LibsndfileError:
        raise BadAudio(f"{name} is damaged or not sound; send {_KINDS}") from None


def _to_mono_16k(source: soundfile.SoundFile, name: str, max_seconds: float) -> Iterator[Samples]:
    resampler = Resampler(source.samplerate)
    num_samples = 0
    while len(block := _block(source)):
        if not np.isfinite(block).all():
            raise BadAudio(f"{name} holds values that are no numbers (NaN or infinite); export it again")
        if np.abs(block).max() > _LOUDEST:
            raise BadAudio(f"{name} holds float samples far outside [-1, 1]; export it as 16-bit")
        samples = resampler.push(block.mean(axis=1, dtype=np.float32))
        num_samples += len(samples)
        if num_samples > max_seconds * SAMPLE_RATE + FRAME_SAMPLES:  # the header may say less than there is
            raise too_long(name, max_seconds)
        yield np.clip(samples, -1.0, 1.0)
    yield np.clip(resampler.finish(), -1.0, 1.0)


def _block(source: soundfile.SoundFile) -> Samples:
    """The next (n, channels), into memory of our own: a file may claim any number of them."""
    room = np.empty((max(1, _BLOCK // source.channels), source.channels), np.float32)
    block: Samples = source.read(out=room)
    return block


def too_long(name: str, max_seconds: float) -> BadAudio:
    return BadAudio(f"{name} is longer than {max_seconds:g} s; cut it, or raise max_audio_s in the settings")


def encode(samples: Samples, kind: str = ".wav", rate: int = SAMPLE_RATE, note: str = "") -> bytes:
    """A whole file in memory. `kind` is its extension, `note` its comment. Raises BadAudio."""
    if kind.lower() not in _FORMATS:
        raise BadAudio(f"cannot write sound as {kind!r}; use {', '.join(_FORMATS)}")
    container, subtype = _FORMATS[kind.lower()]
    content = io.BytesIO()
    with soundfile.SoundFile(content, "w", rate, 1, subtype=subtype, format=container) as target:
        if note:
            target.comment = note
        target.write(np.clip(samples, -1.0, 1.0))
    return content.getvalue()


def write(path: Path, samples: Samples, rate: int = SAMPLE_RATE, note: str = "") -> None:
    """Write a sound file whole, in the format of its extension. Raises BadAudio, or as `write_whole`."""
    content = encode(samples, path.suffix, rate, note)
    with write_whole(path) as file:
        file.write(content)


def from_pcm16(content: bytes) -> Samples:
    """Little-endian 16-bit samples to float32. Raises BadAudio on half a sample."""
    if len(content) % 2:
        raise BadAudio(f"got {len(content)} bytes of PCM16; send whole samples of 2 bytes")
    return np.frombuffer(content, dtype="<i2").astype(np.float32) / 32768.0


def to_pcm16(samples: Samples) -> bytes:
    """float32 in [-1, 1] to little-endian 16-bit; louder is clipped. Undoes `from_pcm16` exactly."""
    whole: NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2")
    return whole.tobytes()


class Resampler:
    """One direction of one stream, from `source` Hz to `target` Hz: any chopping gives the same samples."""

    def __init__(self, source: int, target: int = SAMPLE_RATE) -> None:
        self._stream = soxr.ResampleStream(source, target, 1, dtype="float32") if source != target else None

    def push(self, samples: Samples) -> Samples:
        """What is ready so far; the resampler's look-ahead (some ms) stays inside."""
        return samples if self._stream is None else self._stream.resample_chunk(samples)

    def finish(self) -> Samples:
        """The rest. Nothing may be pushed afterwards."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._stream is None else self._stream.resample_chunk(nothing, last=True)


def resample(samples: Samples, source: int, target: int = SAMPLE_RATE) -> Samples:
    """A whole signal at once."""
    return samples if source == target else soxr.resample(samples, source, target).astype(np.float32)


def frames(samples: Samples) -> Iterator[Samples]:
    """Cut into frames of FRAME_SAMPLES; the last one is filled up with silence."""
    for start in range(0, len(samples), FRAME_SAMPLES):
        frame = samples[start : start + FRAME_SAMPLES]
        yield frame if len(frame) == FRAME_SAMPLES else np.pad(frame, (0, FRAME_SAMPLES - len(frame)))
